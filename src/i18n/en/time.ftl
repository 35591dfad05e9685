# Durations and ages, in words.
duration-seconds = { $s } s
duration-minutes = { $m } min { $s } s
duration-hours = { $h } h { $m } min
duration-days = { $d ->
    [one] { $d } day { $h } h
   *[other] { $d } days { $h } h
}
duration-minutes-only = { $m } min
took-milliseconds = { $ms } ms
took-seconds = { $s } s

# Days, as patterns of strftime.
date-day = %b %-d
date-year = %-d %b %Y
