# What answers to commands say: status and about.
headline-own-network = ⚪ **We can't tell how { $whole } is**: our own network fails.
headline-not-checked = ⚪ **We can't tell how { $whole } is yet**: the first checks are running.
headline-stale = ⚪ **We can't tell how { $whole } is**: no check has finished recently.
headline-not-sure = **{ $subject } { $n ->
    [one] fails
   *[other] fail
} our checks**, but not for long enough to be sure.
headline-unknown = ⚪ **We can't tell how { $subject } { $n ->
    [one] is
   *[other] are
}**; everything else passes our checks.
headline-up = 🟢 **{ $whole } is up**: { $n ->
    [one] its service passes
   *[other] all { $n } services pass
} our checks
headline-up-one = 🟢 **{ $subject } is up**: it passes our checks
status-not-your-code = It's not your code. Slow down your retries and keep your tokens.
status-more = … more with /status and a service
button-refresh = Refresh
button-meaning = What does this mean?
button-fails = It fails for me
button-day = Last 24 h

# /about
about-name = **Healthy Upstream { $version }** tells you whether { $whole } is down, or it's you.
about-watched = Watched: { $services }{ $from }.
about-checks = { $n ->
    [one] One source
   *[other] { $n } sources
}, each checked every { $every }.
about-checks-now = { $n ->
    [one] One source is
   *[other] { $n } sources are
} being checked.
about-faq = The FAQ answers { $n } questions: /faq, or paste an error into /diagnose.
about-ask = Everyone: /status, /outages, /uptime. Moderators: /alerts subscribe posts to a channel when it breaks and when it's back.
about-privacy = It reads no messages. Stored: server settings, and who asked to be notified, until they are. /alerts delete-data or **Forget me** deletes it.
about-open = Not made by { $whole }. Free software under MIT or Apache-2.0.
button-details = Details
button-forget-me = Forget me
about-budgets-title = **Request budgets**
about-budgets-none = No request budget has been used yet.
about-budget = • { $host }: { $left } of { $all } requests a minute left
about-budget-refused = {" "}· { $source } is rate limited until { $at }: { $why }
about-sessions = • Discord: { $begun } of { $all } new connections a day used
about-sources-title = **Sources**
about-source = • { $source }: { $said }, checked { $ago }
about-source-never = • { $source }: not checked yet
about-source-refused = {" "}· rate limited until { $at }
about-stored-title = **What is stored, and for how long**
about-stored = • Per channel: its settings, until it is unsubscribed; 30 days longer if the channel or the bot is removed.
about-stored-people = • Per person: only who pressed "Notify me when it's back", until they are notified (press again to take it back); a count of reports, under a hash that is dropped with the outage.
about-stored-texts = • Pasted texts and messages: never stored.
about-delete = Delete: /alerts delete-data for a server, **Forget me** for yourself. /alerts export-data gives moderators what is stored about their server.

# Notes and refusals, for the asker alone.
note-stands-already = The same answer is already here: { $link }
note-counted-already = You are already counted. Thank you.
note-enough-wait = 100 people here asked for that already, and one message can't mention more. The recovery is posted here anyway.
note-not-saved = That couldn't be saved just now; nothing was changed. Try again in a minute.
note-in-doubt = We got no answer while saving: it may or may not be saved. Try again in a minute to be sure.
note-alerts-in-doubt = We got no answer while saving: it may or may not be saved. Check with /alerts list in a minute, and ask again if it isn't there.
note-store-away = Nothing could be read or saved just now; nothing was changed. The live status still works. Try again in a minute.
note-will-notify-here = When { $subject } { $n ->
    [one] is
   *[other] are
} back, we'll mention you here, once.
note-will-notify-direct = When { $subject } { $n ->
    [one] is
   *[other] are
} back, you'll get one direct message.
note-will-not-notify = Taken back: you won't be notified. Press again if you want to be.
forgotten = Forgotten: where you wanted to be notified, and what you reported. I store nothing about you.
forgotten-files = **Forgotten now:** where you wanted to be notified, and what you reported. **Within an hour** it is also gone from my files and hourly backups. A hash of your ID stays, so that no older export brings it back.
forgotten-database = **Forgotten now:** where you wanted to be notified, and what you reported. Backups of the database last as long as my operator keeps them. A hash of your ID stays, so that no older export brings it back.
note-sorry = Sorry, something went wrong on our side. If it happens again, give the operator this id: `{ $id }`
note-slow-down = That was quick. Try again { $at }.
misuse-full = This server has { $n ->
    [one] one subscription
   *[other] { $n } subscriptions
}, which is the limit. Remove one with /alerts unsubscribe first.
misuse-service = I don't watch "{ $named }". I watch: { $known }.
misuse-no-such-outage = I don't know that outage. /outages lists those I know.
misuse-cannot-notify-here = I can't post in this channel, so I can't notify you here. I'm missing the permission { $permissions }.
misuse-old-button = This button is from an older version of me. Ask again with a command, such as /status.
misuse-no-direct = I couldn't send you a direct message, so I can't notify you when it's back: { $why }. Nothing was saved.
misuse-needs-discord = That works only in Discord.
permission-view-channel = View Channel
permission-send-messages = Send Messages
permission-attach-files = Attach Files
permission-read-message-history = Read Message History
permission-mention-everyone = Mention @everyone, @here, and All Roles
permission-connect = Connect
permission-create-public-threads = Create Public Threads
permission-send-messages-in-threads = Send Messages in Threads

# /outages and /uptime.
outages-none = 🟢 **{ $whole }, the last { $days ->
    [one] day
   *[other] { $days } days
}**: no outage that we or its page know of.
outages-title = { $symbol } **{ $whole }, the last { $days ->
    [one] day
   *[other] { $days } days
}**: { $n ->
    [one] one outage, over
   *[other] { $n } outages, all over
}.
outages-title-open = { $symbol } **{ $whole }, the last { $days ->
    [one] day
   *[other] { $days } days
}**: { $n ->
    [one] one outage, still going on
   *[other] { $n } outages, { $open ->
        [one] one
       *[other] { $open }
    } of them still going on
}.
outages-line = { $symbol } { $at } · { $what }
outages-what = { $subject }: { $level } for { $span }
outages-what-open = { $subject }: { $level }, for { $span } so far
outages-more = and { $n } more; the menu has them
outages-hint = Open one as a timeline
timeline-skipped = … { $n } more moments …
timeline-first-bad = **{ $service }**: first failed check, { $evidence }
timeline-posted = we were sure and posted it
timeline-became = **{ $service }**: { $symbol } { $level }
timeline-first-good = **{ $service }**: passed our checks again
timeline-page = { $whole }'s page: { $state }
timeline-page-text = { $whole }'s page: { $state }: { $text }
timeline-page-withdrew = the page withdrew its report
timeline-reopened = it failed again
timeline-flapping = it started flapping
timeline-ended = over
button-page = Status page
uptime-title-quiet = 🟢 **{ $whole }, the last { $window }**: no outage.
uptime-title = { $symbol } **{ $whole }, the last { $window }**: { $n ->
    [one] one outage, over
   *[other] { $n } outages, all over
}.
uptime-title-open = { $symbol } **{ $whole }, the last { $window }**: { $n ->
    [one] one outage, still going on
   *[other] { $n } outages, { $open ->
        [one] one
       *[other] { $open }
    } of them still going on
}.
uptime-service-well = 🟢 **{ $service }**: { $share } %
uptime-service = { $symbol } **{ $service }**: { $share } % · down { $down }
uptime-checks-well = 🟢 **{ $service }**: up { $share } % of the time
uptime-checks = { $symbol } **{ $service }**: up { $share } % of the time · down { $down }
uptime-checks-none = ⚪ **{ $service }**: no data
uptime-trouble = {" "}· trouble { $trouble }
uptime-foot-checks = { $span } of data{ $from }, since { $since }. Down times from our checks and { $whole }'s page · details: /outages
uptime-foot = Share of the time without an outage, from our checks{ $from } and { $whole }'s page · details: /outages
window-24h = 24 hours
window-7d = 7 days
window-30d = 30 days
window-90d = 90 days
