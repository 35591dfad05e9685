# How well something is, what failed, and who says so.
level-up = up
level-degraded = slow or failing in part
level-outage = down
level-maintenance = maintenance
level-unknown = we cannot tell

# What a look met, where no words came with it.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = a service behind the front door cannot be reached
symptom-upstream-timeout = a service behind the front door does not answer
symptom-envoy-empty = an empty answer
symptom-edge-error = an error page of the front door
symptom-api-server-error = a server error
symptom-server-error = a server error
symptom-empty = an answer with nothing in it
symptom-tls-expired = its certificate has expired
symptom-tls = no secure connection
symptom-dns = its name does not resolve
symptom-connect = no connection
symptom-timeout = no answer in time
symptom-reset = the connection was cut
symptom-with-status = { $status }, { $symptom }

# Lists of names.
list-pair = { $first } and { $second }
list-comma = { $first }, { $second }
list-more = { $names } and { $n } more

# Our own voice.
from-place = , from { $place }
see-looks-failed = **We see** { $n ->
    [one] a failed look
   *[other] { $n } failed looks in a row
} since { $at } ({ $ago }){ $from }.
see-failures = **We see** failures since { $at } ({ $ago }){ $from }.
see-failures-at-least = **We see** failures since { $at } at the latest, when this bot first looked{ $from }.
see-nothing-of-it = **We see** nothing of it: our looks get through{ $from }.
see-looks-through = **We see** { $n ->
    [one] our look get
   *[other] our looks at { $n } services get
} through{ $from }; the newest { $ago }.
see-looks-some = **We see** our looks at { $n } of { $all } services get through{ $from }; the newest { $ago }.
see-nothing-yet = **We see** nothing yet: the first looks are on their way.
see-blind = **We see** nothing since { $at }: our own network fails, which says nothing about { $whole }.
see-rate-limited = **We see** nothing now: we are rate limited until { $at } ({ $ago }), which says nothing about the service.
see-stale = **We see** what we saw { $ago }: no newer look has come in.
see-partly = **We see** some looks fail and some get through{ $from }; the newest { $ago }.

# The status page's voice.
page-says = **{ $whole } says** { $what }
page-nothing-yet = nothing yet; its page shows { $headline }.
page-nothing = nothing yet.
page-incident = "{ $state }" ({ $ago })
page-incident-text = "{ $state }": { $text } ({ $ago })
page-shows = { $headline } (read { $ago })
page-unreadable = what we cannot read: its page has not answered us since { $ago }.
page-never-read = what we have not been able to read yet.
page-link = [status page](<{ $url }>)
page-more = and { $n } more
page-and-link = { $what } · { $link }
page-alone = Its page reports trouble that our looks do not show.
page-behind = Their own page has not noticed yet.
page-headline-unknown = no headline
state-unknown = something new
state-investigating = Investigating
state-identified = Identified
state-monitoring = Monitoring
state-resolved = Resolved

# The people's voice.
people-report = **People report** failures: { $n ->
    [one] one person
   *[other] { $n } people
} in the last 15 minutes.
people-report-alone = { people-report } Our looks do not show it.
people-too = { $n ->
    [one] one person sees it too
   *[other] { $n } people see it too
}
looked = Looked { $ago }
next-look = next look { $ago }

# One service's line.
service-down-with = down, { $evidence }
service-partly-with = failing in part, { $evidence }
service-slow-with = slow, { $evidence }
service-up-with = up, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % good in the last hour
