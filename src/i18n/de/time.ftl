# Durations and ages, in words. Days are abbreviated: "nach" and "seit" would bend the word.
duration-seconds = { $s } s
duration-minutes = { $m } min { $s } s
duration-hours = { $h } h { $m } min
duration-days = { $d } d { $h } h
duration-minutes-only = { $m } min
took-milliseconds = { $ms } ms
took-seconds = { $s } s

# Days, as patterns of strftime.
date-day = %d.%m.
date-year = %d.%m.%Y
