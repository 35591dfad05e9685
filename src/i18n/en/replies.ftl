# What answers to commands say: status and about.
headline-own-network = ⚪ **We cannot tell how { $whole } is**: our own network fails.
headline-not-looked = ⚪ **We cannot tell how { $whole } is yet**: the first looks are on their way.
headline-stale = ⚪ **We cannot tell how { $whole } is**: no look has come in lately.
headline-not-sure = **{ $subject } { $n ->
    [one] fails
   *[other] fail
} in our looks**, not for long enough to be sure.
headline-unknown = ⚪ **We cannot tell how { $subject } { $n ->
    [one] is
   *[other] are
}**; our other looks got through.
headline-up = 🟢 **{ $whole } answers us**: our looks at { $n ->
    [one] its service
   *[other] all { $n } services
} got through.
headline-up-one = 🟢 **{ $subject } answers us**: our look got through.
status-not-your-code = It is not your code. Slow your retries and keep your tokens.
status-more = … more with /status and a service
button-refresh = Refresh
button-meaning = What does this mean?
button-fails = It fails for me
button-day = Last 24 h

# /about
about-name = **Healthy Upstream { $version }** tells whether { $whole } is down, or it is you.
about-watched = Watched: { $services }{ $from }.
about-looks = { $n ->
    [one] One source
   *[other] { $n } sources
}, each looked at every { $every }; next look { $ago }.
about-looks-now = { $n ->
    [one] One source is
   *[other] { $n } sources are
} looked at.
about-handbook = The handbook answers { $n } questions: /faq, or paste an error into /diagnose.
about-ask = Everybody: /status, /outages, /uptime. Moderators: /alerts subscribe tells a channel when it breaks and when it is back.
about-privacy = It reads no messages. Stored: settings of servers, and who asked to be told, until they are told. /alerts delete-data or **Forget me** deletes it.
about-open = Not made by { $whole }; free software, MIT or Apache-2.0.
button-details = Details
button-forget-me = Forget me
about-budgets-title = **What we may ask, and what is left of it**
about-budgets-none = No budget has been used yet.
about-budget = • { $host }: { $left } of { $all } looks a minute left
about-budget-refused = {" "}· { $source } is refused until { $at }: { $why }
about-sessions = • Discord: { $begun } of { $all } new connections a day used
about-sources-title = **Sources**
about-source = • { $source }: { $said }, looked { $ago }
about-source-never = • { $source }: not looked at yet
about-source-refused = {" "}· refused until { $at }
about-kept-title = **What is kept, and for how long**
about-kept = • Per channel: what it wants to hear, until it is unsubscribed; 30 days longer if the channel or the bot goes.
about-kept-people = • Per person: only who pressed "Tell me when it's back", until they are told (press again to take it back); a count of reports, under a hash that is dropped with the outage.
about-kept-texts = • Pasted texts and messages: never kept.
about-delete = Delete: /alerts delete-data for a server, **Forget me** for yourself. /alerts export-data gives moderators what is stored about their server.

# Notes and refusals, for the asker alone.
note-stands-already = The same was answered here a moment ago: { $link }
note-counted-already = You are counted already. Thank you.
note-enough-wait = 100 people here asked for that already, and one message can name no more. The end is told here all the same.
note-not-kept = That could not be saved just now; nothing was changed. Try again in a minute.
note-in-doubt = No answer came when that was saved: perhaps it was, perhaps not. Try again in a minute if you want to be sure.
note-alerts-in-doubt = No answer came when that was saved: perhaps it was, perhaps not. In a minute, /alerts list shows which; ask again if it is not there.
note-store-away = That could be neither looked up nor saved just now; nothing was changed. The live status still works. Try again in a minute.
note-will-tell-here = When { $subject } { $n ->
    [one] is
   *[other] are
} back, you are mentioned here, once.
note-will-tell-direct = When { $subject } { $n ->
    [one] is
   *[other] are
} back, you get one direct message.
note-will-not-tell = Taken back: you are not told. Press again if you want to be.
forgotten = Forgotten: where you wanted to be told, and what you reported. I store nothing about you.
forgotten-files = **Forgotten now:** where you wanted to be told, and what you reported. **Within an hour** it is also gone from my files and hourly backups. A hash of your ID stays, so that no older export brings it back.
forgotten-database = **Forgotten now:** where you wanted to be told, and what you reported. Backups of the database last as long as my operator keeps them. A hash of your ID stays, so that no older export brings it back.
note-sorry = Sorry, that failed on our side. If it happens again, tell the operator this id: `{ $id }`
note-slow-down = That was quick. Try again { $at }.
misuse-full = This server has { $n ->
    [one] one subscription
   *[other] { $n } subscriptions
}, which is the most. Remove one with /alerts unsubscribe first.
misuse-service = I do not watch "{ $named }". I watch: { $known }.
misuse-no-such-outage = I know no such outage. /outages lists those that I know.
misuse-cannot-tell-here = I cannot post in this channel, so I cannot tell you here. I lack { $permissions }.
misuse-old-button = I no longer know this button: it is from an older version of me. Ask again with a command, such as /status.
misuse-no-direct = I could not open a direct conversation with you, so I cannot tell you when it is back: { $why }. Nothing was saved.
misuse-needs-discord = That works in Discord only.
permission-view-channel = View Channel
permission-send-messages = Send Messages
permission-attach-files = Attach Files
permission-read-message-history = Read Message History
permission-mention-everyone = Mention Everyone
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
moment-first-bad = **{ $service }**: first failed look, { $evidence }
moment-told = we were sure, and told it
moment-became = **{ $service }**: { $symbol } { $level }
moment-first-good = **{ $service }**: first good look
moment-page = { $whole }'s page: "{ $state }"
moment-page-text = { $whole }'s page: "{ $state }": { $text }
moment-page-withdrew = the page took its report back
moment-reopened = it failed again
moment-flapping = it began to come and go
moment-ended = over
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
uptime-looks-well = 🟢 **{ $service }**: { $share } % of our looks got through
uptime-looks = { $symbol } **{ $service }**: { $share } % of our looks got through · down { $down }
uptime-looks-none = ⚪ **{ $service }**: our looks told nothing
uptime-trouble = {" "}· trouble { $trouble }
uptime-foot-looks = Counted: { $n } looks{ $from }, since { $since }. Down times: by our looks and { $whole }'s page · details: /outages
uptime-foot = Share of the time without an outage, by our looks{ $from } and { $whole }'s page · details: /outages
window-24h = 24 hours
window-7d = 7 days
window-30d = 30 days
window-90d = 90 days
