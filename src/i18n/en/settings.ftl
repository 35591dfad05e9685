# What /alerts says to moderators.
misuse-needs-manage-channels = You need **Manage Channels** for that.
misuse-needs-manage-channels-there = You need **Manage Channels** in <#{ $channel }> for that. Nothing was changed.
misuse-needs-manage-channels-everywhere = That is about the whole server: you need **Manage Channels** from one of your roles, not only in single channels. Nothing was changed.
misuse-server-unknown = I couldn't read this server's roles: { $why }. Nothing was changed.
misuse-needs-server = /alerts works in servers that I was invited to. In a direct conversation, **Notify me when it's back** does the same for you alone.
misuse-not-a-channel = I can't post in that kind of channel. Choose a text, announcement or forum channel, or a thread.
misuse-lacking = I can't post in <#{ $channel }> yet. I'm missing { $permissions } there. Add it, then ask again. Nothing was saved.
misuse-channel-unknown = I couldn't read <#{ $channel }>: { $why }. Nothing was saved.
misuse-everyone = I never ping @everyone. Make a role that people can take themselves, and choose that one.
misuse-role-not-mentionable = I'm not allowed to mention <@&{ $role }>. Let anyone mention it (Server Settings → Roles), or give me **`Mention @everyone, @here, and All Roles`**. Nothing was saved.
misuse-role-not-yours = You aren't allowed to mention <@&{ $role }> yourself, so you can't let me do it. Ask somebody who is.
misuse-not-subscribed = <#{ $channel }> is not subscribed. /alerts list shows what is.
misuse-nothing-missed = <#{ $channel }> hasn't missed any alerts recently.
misuse-live-what = Name the channel for the live status message, or use off: to remove it.
misuse-must-tag = In <#{ $channel }> every post needs a tag, which I can't choose. Turn off **Require people to select tags when posting** in that forum's settings, or name another channel. Nothing was saved.

# The settings card.
card-saved = ✅ **Saved:** <#{ $channel }> gets a post when { $whole } breaks and when it's back.
card-title = ⚙️ **<#{ $channel }>**: alerts about { $whole }
card-services = • Services: { $services }
card-services-all = all, including those added later
card-events = • Events: { $events }
card-events-none = none: nothing is posted here
card-severity-outages = • Severity: outages only
card-severity-slowdowns = • Severity: outages and slowdowns
card-roles = • Pings at the start: { $roles }
card-mode-edit = • Form: one post, kept up to date; the recovery is a new post
card-mode-posts = • Form: a new post for each change
card-mode-thread = • Form: one thread for each outage
card-extras = • Extras: { $extras }
card-defaults = -# Default settings: all services, outages only, no pings. Change them below.
card-paused = ⚠️ Paused since { $at }: { $why }. It resumes on its own; /alerts doctor says what to fix.
card-roles-caution = -# I'm missing **`Mention @everyone, @here, and All Roles`** there: I can ping only those roles that anyone may mention.
hint-services = Services (all, if you choose none)
hint-events = What to post
hint-roles = Roles to ping at the start
hint-mode = In which form
event-start = It breaks
event-worse = It gets worse
event-end = It's back
event-maintenance = Announced maintenance
event-slowdowns = Slowdowns too
event-publish = Publish to followers
event-start-about = A new post when an outage starts
event-worse-about = When it gets worse or affects another service
event-end-about = A new post with the true duration
event-maintenance-about = When announced maintenance starts and ends
event-slowdowns-about = Not only outages: also slow or partly failing
event-publish-about = Start and end go to the servers that follow this channel
extra-quiet = quiet (no sound)
extra-reminders = reminders while it goes on
extra-weekly = weekly report
extra-publish = published to followers
mode-edit = One post, kept up to date
mode-posts = A new post for each change
mode-thread = One thread for each outage
mode-edit-about = A start that is kept up to date, short replies when it gets worse, and a recovery
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

# list, unsubscribe, test, live, delete-data, acknowledge.
list-none = No channel of this server is subscribed. /alerts subscribe adds one.
list-title = **{ $n ->
    [one] One channel of this server is
   *[other] { $n } channels of this server are
} subscribed to { $whole }** (limit { $allowed })
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
unsubscribed = <#{ $channel }> is unsubscribed. Nothing more is posted there, not even the recovery of an ongoing outage.
unsubscribed-nothing = <#{ $channel }> was already unsubscribed.
tested = Three previews (start, update, recovery) are on their way to <#{ $channel }>. They are marked as previews and ping nobody.
live-set = <#{ $channel }> now has the live status message. Run this again with another channel to move it.
live-off = The live status message is removed.
live-off-nothing = There was no live status message.
delete-ask = ⚠️ **Delete everything stored about this server?** That is:
delete-count = • { $kind }: { $n }
stored-subscriptions = subscriptions
stored-set-aside = subscriptions of a removed bot, restored if it returns
stored-deliveries = deliveries in progress
stored-given-up = deliveries that failed
stored-told = posts that are kept up to date
stored-boards = live status messages
delete-nothing = Nothing is stored about this server.
delete-foot = No channel gets alerts any more. This can't be undone. /alerts export-data gives you a copy first.
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
acknowledged = Muted: nothing more of this outage is posted here, except its recovery.
acknowledged-nothing = There was nothing to mute: this channel isn't subscribed, or the outage is over.
acknowledge-over = It is over; there is nothing left to mute.

# doctor.
doctor-title-well = { $n ->
    [one] ✅ **The one subscription of this server works.**
   *[other] ✅ **All { $n } subscriptions of this server work.**
}
doctor-title = ⚠️ **{ $n ->
    [one] One subscription needs
   *[other] { $n } subscriptions need
} your attention:**
doctor-title-unchecked = ⚠️ **{ $n ->
    [one] One subscription
   *[other] { $n } subscriptions
} could not be checked:**
doctor-paused = { $mark } <#{ $channel }>: Discord has refused me since { $at }: { $why }. **Fix:** { $fix } It is retried at { $retry } and resumes on its own.
doctor-missed = { $mark } <#{ $channel }>: an alert was not posted: { $why }.
doctor-gone = { $mark } <#{ $channel }>: this channel no longer exists. **Fix:** subscribe another one with /alerts subscribe.
doctor-lacking = { $mark } <#{ $channel }>: I cannot post there. **Fix:** { $fix }
doctor-unchecked = { $mark } <#{ $channel }>: I could not check this channel: { $why }. Ask again later.
doctor-no-time = there was not enough time
doctor-more = … and { $n ->
    [one] one more
   *[other] { $n } more
}: fix these first, then ask again.
doctor-fix-access = give my role { $permissions } in that channel.
doctor-fix-thread = reopen the thread, or subscribe its channel.
doctor-fix-tag = turn off **Require people to select tags when posting** in that forum's settings.
doctor-fix-other = check my role's permissions in that channel and in its category.
button-post-now = Post it now
button-post-now-in = Post it now ({ $n })
posting-now = What <#{ $channel }> missed is on its way to it.
