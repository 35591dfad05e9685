# Durações e idades, em palavras.
duration-seconds = { $s } s
duration-minutes = { $m } min { $s } s
duration-hours = { $h } h { $m } min
duration-days = { $d ->
    [one] { $d } dia { $h } h
   *[other] { $d } dias { $h } h
}
duration-minutes-only = { $m } min
took-milliseconds = { $ms } ms
took-seconds = { $s } s

# Dias, como padrões de strftime.
date-day = %d/%m
date-year = %d/%m/%Y
