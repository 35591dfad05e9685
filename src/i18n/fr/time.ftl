# Durations and ages, in words.
duration-seconds = { $s } s
duration-minutes = { $m } min { $s } s
duration-hours = { $h } h { $m } min
duration-days = { $d ->
    [one] { $d } jour { $h } h
   *[other] { $d } jours { $h } h
}
duration-minutes-only = { $m } min
took-milliseconds = { $ms } ms
took-seconds = { $s } s

# Days, as patterns of strftime.
date-day = %d/%m
date-year = %d/%m/%Y
