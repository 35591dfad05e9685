# 長さと経過時間を言葉で。
duration-seconds = { $s }秒
duration-minutes = { $m }分{ $s }秒
duration-hours = { $h }時間{ $m }分
duration-days = { $d ->
   *[other] { $d }日{ $h }時間
}
duration-minutes-only = { $m }分
took-milliseconds = { $ms } ms
took-seconds = { $s }秒

# 日付（strftime のパターン）。
date-day = %-m/%-d
date-year = %Y/%-m/%-d
