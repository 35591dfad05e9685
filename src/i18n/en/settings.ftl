# What /alerts says to moderators.
misuse-needs-manage-channels = You need **Manage Channels** for that.
misuse-needs-manage-channels-there = You need **Manage Channels** in <#{ $channel }> for that. Nothing was changed.
misuse-needs-manage-channels-everywhere = That is about the whole server: you need **Manage Channels** by one of your roles, not in single channels alone. Nothing was changed.
misuse-server-unknown = I could not look at this server's roles: { $why }. Nothing was changed.
misuse-needs-server = /alerts works in servers that I was invited to. In a direct conversation, **Tell me when it's back** does the same for you alone.
misuse-not-a-channel = I cannot post in that kind of channel. Choose a text, announcement or forum channel, or a thread.
misuse-lacking = I cannot post in <#{ $channel }> yet. Give me { $permissions } there, then ask again. Nothing was saved.
misuse-channel-unknown = I could not look at <#{ $channel }>: { $why }. Nothing was saved.
misuse-everyone = I never ping @everyone. Make a role that people can take themselves, and choose that one.
misuse-role-not-mentionable = I may not mention <@&{ $role }>. Allow anybody to mention it (server settings, Roles), or give me **Mention Everyone**. Nothing was saved.
misuse-role-not-yours = You may not mention <@&{ $role }> yourself, so you cannot let me do it. Ask somebody who may.
misuse-not-subscribed = <#{ $channel }> is not subscribed. /alerts list shows what is.
misuse-nothing-missed = <#{ $channel }> has missed nothing lately.
misuse-board-what = Name the channel that shall have the board, or use off: to end it.
misuse-must-tag = In <#{ $channel }> every post must bear a tag, which I cannot choose. Switch off **Require people to select tags when posting** in that forum's settings, or name another channel. Nothing was saved.

# The settings card.
card-saved = ✅ **Saved:** <#{ $channel }> hears when { $whole } breaks and when it is back.
card-title = ⚙️ **<#{ $channel }>** hears about { $whole }:
card-services = • Services: { $services }
card-services-all = all, also those added later
card-events = • Events: { $events }
card-events-none = none: this channel stays silent
card-severity-outages = • Severity: outages only
card-severity-slowdowns = • Severity: outages and slowdowns
card-roles = • Pings at a start: { $roles }
card-roles-none = nobody
card-mode-edit = • Form: one post, kept up to date; the end is a new post
card-mode-posts = • Form: each change a new post
card-mode-thread = • Form: one thread for each outage
card-extras = • Extras: { $extras }
card-extras-none = none
card-paused = ⚠️ Paused since { $at }: { $why }. It heals by itself; /alerts doctor names the cure.
card-roles-caution = -# I lack **Mention Everyone** there: of these roles I can ping only those that anybody may mention.
hint-services = Services (all, if you choose none)
hint-events = What to tell
hint-roles = Roles to ping at a start
hint-mode = In which form
event-start = It breaks
event-worse = It gets worse
event-end = It is back
event-maintenance = Announced maintenance
event-slowdowns = Slowdowns too
event-publish = Publish to followers
event-start-about = A new post when an outage begins
event-worse-about = When it gets worse or hits another service
event-end-about = A new post with the true duration
event-maintenance-about = When announced work begins and ends
event-slowdowns-about = Not only outages: also slow or failing in part
event-publish-about = Start and end go to the servers that follow this channel
extra-quiet = quiet (no sound)
extra-reminders = reminders while it goes on
extra-weekly = weekly report
extra-publish = published to followers
mode-edit = One post, kept up to date
mode-posts = Each change a new post
mode-thread = One thread for each outage
mode-edit-about = Start, edits, short replies when it gets worse, and an end
mode-posts-about = Nothing is edited
mode-thread-about = The channel sees the start; the rest is in its thread
button-quiet-on = Quiet: on
button-quiet-off = Quiet: off
button-reminders-on = Reminders: on
button-reminders-off = Reminders: off
button-weekly-on = Weekly report: on
button-weekly-off = Weekly report: off
button-test = Test
button-unsubscribe = Unsubscribe

# list, unsubscribe, test, board, delete-data, acknowledge.
list-none = No channel of this server is subscribed. /alerts subscribe starts.
list-title = **{ $n ->
    [one] One channel of this server hears
   *[other] { $n } channels of this server hear
} about { $whole }** (of { $allowed } possible)
list-line = • <#{ $channel }>: { $services } · { $severity }{ $roles }{ $paused }
list-all-services = all services
list-outages = outages
list-slowdowns = outages and slowdowns
list-roles = {" "}· pings { $roles }
list-paused = {" "}· ⚠️ paused: { $why }
list-given-up = {" "}· ⚠️ given up: { $why }
list-gone = • <#{ $channel }>: not subscribed{ $lost }
list-foot = /alerts subscribe with a channel opens its settings; /alerts doctor names what is broken.
button-list-back = Back
button-list-more = More
unsubscribed = <#{ $channel }> is unsubscribed. It hears nothing more, not even the end of what goes on.
unsubscribed-nothing = <#{ $channel }> was not subscribed any more.
tested = Three previews (start, worse, end) are on their way to <#{ $channel }>. They say that they are previews and ping nobody.
board-set = <#{ $channel }> now has the board: one message, kept current. Calling this again with another channel moves it.
board-off = The board is ended, and its message is taken down.
board-off-nothing = There was no board.
delete-ask = ⚠️ **Delete everything kept about this server?** That is:
delete-count = • { $kind }: { $n }
kept-subscriptions = subscriptions
kept-set-aside = subscriptions set aside
kept-deliveries = deliveries under way
kept-given-up = deliveries given up
kept-told = posts that are kept up to date
kept-boards = boards
delete-nothing = Nothing is kept about this server.
delete-foot = Every channel stops hearing about outages. This cannot be undone. /alerts export-data gives you a copy first.
button-delete-yes = Delete it all
deleted = **Deleted now:** everything that was stored about this server.
deleted-files = **Within an hour** it is also gone from my files and hourly backups. What my operator copied elsewhere by hand stays there. A hash of this server's ID stays here, so that no older export brings it back.
deleted-database = Backups of the database last as long as my operator keeps them. A hash of this server's ID stays, so that no older export brings it back.
deleted-posts = What I posted in your channels stays there until you delete it.
exported = Everything that is stored about this server, in one file: { $n ->
    [one] one record
   *[other] { $n } records
}. Only you can see it.
exported-cut = There is more, which did not fit. Ask my operator for the rest.
acknowledged = Acknowledged: this channel hears no more of this outage until its end.
acknowledged-nothing = There was nothing to mute: this channel is not subscribed, or the outage is over.
acknowledge-over = It is over; there is nothing left to mute.

# doctor.
doctor-title-well = { $n ->
    [one] ✅ **The one subscription of this server is well.**
   *[other] ✅ **All { $n } subscriptions of this server are well.**
}
doctor-title = ⚠️ **{ $n ->
    [one] One subscription needs
   *[other] { $n } subscriptions need
} you:**
doctor-title-unchecked = ⚠️ **{ $n ->
    [one] One subscription
   *[other] { $n } subscriptions
} could not be checked:**
doctor-paused = { $mark } <#{ $channel }>: Discord refuses me since { $at }: { $why }. **Cure:** { $cure } It is tried again { $retry } and heals by itself.
doctor-missed = { $mark } <#{ $channel }>: something was not told: { $why }.
doctor-gone = { $mark } <#{ $channel }>: this channel no longer exists. **Fix:** subscribe another one with /alerts subscribe.
doctor-lacking = { $mark } <#{ $channel }>: I cannot post there. **Fix:** { $cure }
doctor-unchecked = { $mark } <#{ $channel }>: I could not check this channel: { $why }. Ask again later.
doctor-no-time = there was not enough time
doctor-more = … and { $n ->
    [one] one more
   *[other] { $n } more
}: mend these first, then ask again.
doctor-cure-access = give my role { $permissions } in that channel.
doctor-cure-thread = open the thread again, or subscribe its channel.
doctor-cure-tag = switch off **Require people to select tags when posting** in that forum's settings.
doctor-cure-other = check my role's permissions in that channel and in its category.
button-post-now = Post it now
button-post-now-in = Post it now ({ $n })
posting-now = What <#{ $channel }> missed is on its way to it.
