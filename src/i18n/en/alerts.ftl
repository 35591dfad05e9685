# What posts say when outages start, change and end.
outage-down = **{ $subject } { $n ->
    [one] is
   *[other] are
} down**
outage-trouble = **{ $subject } { $n ->
    [one] has
   *[other] have
} trouble**
outage-slow = **{ $subject } { $n ->
    [one] is
   *[other] are
} slow**
outage-page-down = **{ $whole }'s page reports an outage of { $subject }**
outage-page-trouble = **{ $whole }'s page reports trouble with { $subject }**
outage-page-shown = **{ $whole }'s status page shows an outage of { $subject }**
outage-page-flapping = **{ $whole }'s page reports trouble with { $subject } again and again**
outage-flapping = **{ $subject } { $n ->
    [one] comes and goes
   *[other] come and go
}**
outage-maintenance = **{ $subject }: maintenance**
headline-for = { $headline }, for { $span }
headline-evidence = { $headline }: { $evidence }
preview = Preview, nothing is wrong: { $line }
preview-foot = This is a preview: nobody is pinged and nothing is counted.
posted-late = Posted { $span } late; first known at { $at }.
service-since = { $symbol } **{ $service }**: { $state }, since { $at }
service-back = 🟢 **{ $service }**: back since { $at }, after { $span }
during-work = During announced work: { $whole } calls it { $title }.
part-of-checks = { $n } of { $all } checks { $n ->
    [one] fails
   *[other] fail
}.
still-answering = Still up: { $services }.
do-and-dont = **Developers:** retry with backoff. Don't log users out or rotate keys.
foot-edit = This message updates itself. A new one follows when it's over.
foot-posts = Updates and the recovery follow as new posts.
foot-thread = Updates and the recovery follow in this thread.
foot-ended = Recovered { $ago }; see the post below.
foot-ended-thread = Recovered { $ago }; see the thread.
more-in-outages = … more with /outages id:{ $id }

# It changes.
joined = { $symbol } **{ $subject } { $n ->
    [one] fails
   *[other] fail
} now too**
worse-down = { $symbol } **{ $subject } got worse: now down**
worse-trouble = { $symbol } **{ $subject } got worse**
reopened = { $symbol } **{ $subject } { $n ->
    [one] fails
   *[other] fail
} again**. We count it as the same outage, now { $span } old.
ask-again = If you were mentioned: press the button again to be mentioned when it is over.
reopened-page = { $symbol } **{ $whole }'s page reports trouble with { $subject } again**; we count it as the same outage, { $span } old now.
back-partly = 🟢 **{ $subject } { $n ->
    [one] is
   *[other] are
} back.** Not yet: { $rest }.
better = { $symbol } **{ $subject }: better, but not over**
page-spoke = { $symbol } **{ $whole }'s page now says { $state }** about { $subject }
confirmed = Our own checks fail now too: { $whole }'s page, which spoke first, was right.
page-closed-open = { $symbol } **{ $whole }'s page closed its report**, but our checks of { $subject } still fail.
page-closed = { $symbol } **{ $whole }'s page has closed its report** about { $subject }.
page-closed-after = 🟢 **{ $whole }'s page closed its report** about { $subject }, { $span } after our checks passed again.
since-part = Since { $at } · { $rest }
reminder = { $symbol } **{ $subject } { $n ->
    [one] is
   *[other] are
} still { $level }**, for { $span }
reminder-foot = Reminder { $n }; the next one comes after a longer pause.
flapping-count = { $symbol } { $headline }: { $n ->
    [one] once
   *[other] { $n } times
} in { $span }
flapping-foot = This message updates its count. A new one follows when it has been stable for a while.

# It ends.
end-down = 🟢 **{ $subject } { $n ->
    [one] is back.** It was
   *[other] are back.** They were
} down for { $span }.
end-trouble = 🟢 **{ $subject } { $n ->
    [one] is back to normal.** It had
   *[other] are back to normal.** They had
} trouble for { $span }.
end-slow = 🟢 **{ $subject } { $n ->
    [one] is quick again.** It was
   *[other] are quick again.** They were
} slow for { $span }.
end-flapping = 🟢 **{ $subject } { $n ->
    [one] is back.** It
   *[other] are back.** They
} came and went { $times } times in { $span }.
end-page = 🟢 **{ $whole }'s page closed its report about { $subject }.** It was open for { $span }.
end-page-withdrawn = 🟢 **{ $whole }'s page withdrew its report about { $subject }.** It was open for { $span }.
end-page-shown = 🟢 **{ $whole }'s status page shows { $subject } as up again**, after { $span }.
resolved-down = 🟢 **Resolved**: { $subject } { $n ->
    [one] was
   *[other] were
} down for { $span }
resolved-trouble = 🟢 **Resolved**: { $subject } { $n ->
    [one] was
   *[other] were
} failing in part for { $span }
resolved-slow = 🟢 **Resolved**: { $subject } { $n ->
    [one] was
   *[other] were
} slow for { $span }
resolved-flapping = 🟢 **Resolved**: { $subject } came and went { $times } times in { $span }
resolved-page = 🟢 **Resolved**: { $whole }'s page reported trouble with { $subject } for { $span }
resolved-page-shown = 🟢 **Resolved**: { $whole }'s status page showed an outage of { $subject } for { $span }
resolved-service = • **{ $service }**: { $evidence }, { $from } to { $until }
end-once-down = 🟢 **{ $subject } { $n ->
    [one] was
   *[other] were
} down for { $span }** and { $n ->
    [one] is
   *[other] are
} back.
end-once-trouble = 🟢 **{ $subject } had trouble for { $span }** and { $n ->
    [one] is
   *[other] are
} back to normal.
end-once-page = 🟢 **{ $whole }'s page reported trouble with { $subject } for { $span }**; the report is closed.
end-first-bad = • { $at } first failed check{ $told }
end-first-slow = • { $at } first slow answer{ $told }
end-alert-after = {" "}(alert sent { $span } later)
end-service = • **{ $service }**: { $from } to { $until } ({ $span })
end-stretches = • It failed { $n } times: { $stretches }
end-stretch = { $from } to { $until } ({ $span })
end-page-said = • { $at } { $whole }'s page: { $state }
end-page-said-after = { end-page-said }, { $span } after us
end-page-said-before = { end-page-said }, { $span } before us
end-first-good = • { $at } recovered
end-page-closed = • { $at } { $whole }'s page: closed
end-page-up = • { $at } { $whole }'s page: up again
end-flaps = It came and went { $n ->
    [one] once
   *[other] { $n } times
}.
end-page-still = { $whole }'s page still says { $state }.
end-page-silent = { $whole }'s page never mentioned it.
end-page-resolved = { $whole }'s page says "Resolved".
end-page-withdrew = { $whole }'s page withdrew its report.
end-no-cause = No cause given yet.
end-once-foot = Posted once, after it was over.
recovery-subscribers = You asked to be notified: { $people }

# Maintenance.
maintenance-start = 🔧 **{ $subject }: maintenance has started**
maintenance-title = { $whole } calls it { $title }.
maintenance-foot = Announced maintenance; failures during it are posted as part of it.
maintenance-end = 🟢 **{ $subject }: maintenance is over.** It took { $span }.

# Buttons.
button-me-too = I see it too
button-notify-me = Notify me when it's back
button-acknowledge = Mute this outage here

# The live status message and the weekly report.
live-foot = This message updates itself · if it is older than 15 minutes, this bot is down, not { $whole }
live-checked = Checked { $ago }, drawn { $drawn }
weekly-days = { $from } to { $until }:
weekly-quiet = 🟢 **{ $whole }, this week**: no outage seen{ $from }.
weekly-sums = { $symbol } **{ $whole }, this week**: { $n ->
    [one] one outage
   *[other] { $n } outages
}, { $span } in all.
weekly-service = • **{ $service }**: { $share } % of the time without an outage
weekly-outage = • { $at } { $subject }: { $span }
weekly-more = • and { $n } more
weekly-foot = From our own checks and { $whole }'s page · /alerts subscribe changes or ends this report

# Why something failed, where the reason is not in words of Discord's own.
reason-rate-limited = Discord asked me to wait (429)
reason-own-limit = I have to wait for Discord's rate limit
reason-answered = Discord answered with an error ({ $code })
reason-in-front = a proxy in front of Discord refused me ({ $code })
reason-no-answer = Discord did not answer in time
reason-no-connection = there was no connection to Discord
reason-cut = the connection to Discord was cut
reason-unreadable = Discord's answer could not be read
reason-stopping = I am being restarted
reason-request = the request could not be made
reason-file-large = it is larger than 1 MiB
reason-file-elsewhere = it is not a file on Discord
reason-unknown-channel = there is no such channel (10003)
reason-unknown-message = there is no such message (10008)
reason-malformed = Discord rejected my message as malformed (50035)
reason-unauthorized = Discord rejected my token
reason-over = the interaction has expired ({ $code })
reason-no-direct = this person doesn't accept direct messages (50007)
reason-thread-closed = the thread is closed ({ $code })
reason-no-history = I'm missing the permission Read Message History there (50013)
reason-too-late = it ended more than a day ago and could not be posted before
reason-channel-gone = the channel is gone
reason-removed = I was removed from the server
