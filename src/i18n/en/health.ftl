# How well something is, what failed, and who says so.
level-up = up
level-degraded = slow or partly failing
level-outage = down
level-maintenance = maintenance
level-unknown = we can't tell
level-reported = reported by the status page
level-slow = slow

# What a check met, where no words came with it.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = a service behind the gateway can't be reached
symptom-upstream-timeout = a service behind the gateway doesn't answer
symptom-envoy-empty = an empty answer
symptom-edge-error = an error page from the gateway
symptom-api-server-error = a server error
symptom-server-error = a server error
symptom-empty = an empty response
symptom-tls-expired = its certificate has expired
symptom-tls = no secure connection
symptom-dns = its name doesn't resolve
symptom-connect = no connection
symptom-timeout = no answer in time
symptom-reset = the connection was cut
symptom-with-status = { $status }, { $symptom }

# Lists of names.
list-pair = { $first } and { $second }
list-comma = { $first }, { $second }
list-more = { $names } and { $n } more

# Our own voice.
from-location = , from { $location }
see-failing = **Our checks** have failed since { $at } ({ $ago }){ $from }.
see-failing-partly = **Some of our checks** have failed since { $at } ({ $ago }){ $from }.
see-failures = **Our checks** have found failures since { $at } ({ $ago }){ $from }.
see-failures-at-least = **Our checks** have found failures since the first one at { $at }{ $from }; it may have begun earlier.
see-nothing-of-it = **Our checks** don't show it: they pass{ $from }.
see-passing-again = **Our checks** pass again; the first failure was at { $at }{ $from }.
see-slow = **Our checks** have been slow since { $at } ({ $ago }){ $from }.
see-failed-several = **Our checks** found failures between { $at } and { $until }{ $from }.
see-failed = **Our checks** failed between { $at } and { $until }{ $from }: { $evidence }.
see-failed-partly = **Some of our checks** failed between { $at } and { $until }{ $from }: { $evidence }.
see-was-slow = **Our checks** were slow between { $at } and { $until }{ $from }: { $evidence }.
see-checks-pass = **Our checks**: { $n ->
    [one] it passes
   *[other] all { $n } services pass
}{ $from }; the newest { $ago }.
see-checks-some = **Our checks**: { $n } of { $all } services pass{ $from }; the newest { $ago }.
see-nothing-yet = **Our checks**: the first ones are running.
see-blind = **Our checks** have seen nothing since { $at }: our own network fails, which says nothing about { $whole }.
see-rate-limited = **Our checks** see nothing now: they are rate limited until { $at }, which says nothing about the service.
see-stale = **Our checks** are old: the newest one finished { $ago }.
see-partly = **Our checks**: some pass and some fail{ $from }; the newest { $ago }.

# The status page's voice.
page-says = **{ $whole }'s status page**: { $what }
page-nothing-yet = doesn't show it yet ({ $headline }).
page-nothing = nothing yet.
page-incident = { $state } ({ $ago })
page-incident-text = { $state }: { $text } ({ $ago })
page-shows = { $headline } (read { $ago })
page-shows-red = **{ $whole }'s status page shows** { $name } red, without an incident ({ $ago })
page-said = **{ $whole }'s status page** said { $said }.
page-said-at = { $state } at { $at }
page-unreadable = can't be read; it last answered { $ago }.
page-never-read = hasn't been read yet.
page-link = [open](<{ $url }>)
page-more = and { $n } more
page-and-link = { $what } · { $link }
page-alone = Its page reports trouble that our checks don't show.
page-behind = Their own page doesn't show it yet.
page-headline-unknown = no headline
state-unknown = an update
state-investigating = Investigating
state-identified = Identified
state-monitoring = Monitoring
state-resolved = Resolved
state-in-progress = In progress
state-verifying = Verifying
state-shown = red without an incident
state-quoted = "{ $state }"

# The people's voice.
people-report = **People here**: { $n ->
    [one] one report
   *[other] { $n } reports
} in the last 15 minutes.
people-report-alone = { people-report } Our checks don't show it.
people-too = { $n ->
    [one] one person sees it too
   *[other] { $n } people see it too
}
checked = Checked { $ago }
checks-every = checks every { $every }

# One service's line.
service-down-with = down, { $evidence }
service-partly-with = partly failing, { $evidence }
service-slow-with = slow, { $evidence }
service-up-with = up, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % success in the last hour
