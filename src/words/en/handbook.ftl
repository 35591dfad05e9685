# What /faq and /diagnose say around the handbook's own words.
entry-is-it-you = **Is it you?** { $yours }
entry-dont = **Don't** { $dont }
entry-dont-other = **Don't:** { $dont }
entry-cut = … the rest is behind **More**
entry-for = For <@{ $person }>: { $line }
more-title = **More about: { $title }**
more-developers = **For developers**
more-causes = **All causes**
more-sources = **Sources** (checked { $reviewed })
more-nothing = There is nothing more to say about this one than its answer says.
more-cut = … the whole entry: <{ $url }>
related-hint = Related questions
button-more = More
button-helped = Helped
button-not-helped = Did not help
button-delete = Delete
button-fix = Fix this entry
button-share = Share here
voted-helped = Thank you: counted as helpful.
voted-not-helped = Thank you: counted. What was missing? **Fix this entry** shows its source; or ask again with the exact words of the error.
entry-gone = That entry is no longer in the handbook. /faq shows what is.
delete-not-yours = Only who asked, or a moderator, can delete this answer.
delete-not-done = Discord did not let me delete this answer. A moderator can delete it by its menu.

# Not sure, or not known.
faq-unsure = ❔ **I am not sure what you mean.** The nearest I have:
faq-unsure-line = • **{ $title }**
faq-unsure-foot = Choose one below, or ask with the exact words of the error.
faq-unsure-hint = Which one do you mean?
faq-where = ❔ **Where did you see it?** The same words mean different things in different places.
faq-where-foot = Press where you saw it, and I answer for that place.
faq-none = ❔ **I do not know this one**: { $question }
faq-none-foot = Paste the exact error into /diagnose, or look at what people ask most:
faq-none-hint = What people ask most
faq-for-private = `for:` shows an answer to somebody, `private:` hides it from all but you. Use one of them.
where-spotify = Spotify
where-proxy = My own proxy
where-kubernetes = Kubernetes
where-vcenter = vCenter
where-cloud = A cloud platform
where-website = Some website

# /diagnose and "Explain this error".
form-title = What went wrong?
form-error = The error, the log, or the output of curl -i
form-error-hint = Paste it with its line breaks. Tokens and secrets are never repeated or kept.
diagnose-found = 🔎 **{ $title }**
diagnose-found-more = 🔎 **{ $title }**, and { $n } more
diagnose-line = Line { $line } says { $quote }
diagnose-line-who = Line { $line } says { $quote }: that is { $who }.
diagnose-fault = **Whose fault?** { $yours }
diagnose-now = **Now:**
diagnose-also = Also: **{ $title }** (line { $line }, { $quote })
diagnose-none = 🔎 **I recognise no error in this.**
diagnose-none-foot = I know Spotify's, Envoy's, nginx's, Kubernetes' and many libraries' errors by their exact words. Paste the lines around the failure, with the status code and the body; `curl -i` shows both. Or ask in words with /faq.
diagnose-shared = From somebody's error, looked at with **Explain this error**: { $link }
diagnose-empty = There is no text in this message to explain, and no text file. Try it on the message that shows the error.
diagnose-file-unread = I could not read that file: { $why }. Text files up to 1 MiB work; or paste the lines around the failure.
diagnose-file-kind = That does not look like a text file. Attach a log or text up to 1 MiB, or paste the lines around the failure.
diagnose-file-large = That file is larger than 1 MiB. Paste the lines around the failure instead.
diagnose-too-much = That is too much to read at once. Paste the lines around the failure instead.
diagnose-hint = Explain another finding

# Secrets.
secrets-yours = ⚠️ **There are secrets in what you pasted**: treat them as known to others.
secrets-theirs = ⚠️ **There are secrets in that message**: everybody who reads this channel can read them.
secrets-line = • { $name }: { $cure }
secrets-more = • And more, of { $makers }: revoke each where it was made
secrets-foot = I have not repeated or kept them.
secrets-tell-them = Tell <@{ $person }> to delete the message and revoke them, or ask a moderator to delete it.
secret-bearer-token = Access token
secret-basic-header = Basic header
secret-client-secret = Client secret
secret-refresh-token = Refresh token
secret-oauth-code = Login code
secret-discord-token = Discord token
secret-discord-webhook = Discord webhook
secret-private-key = Private key
secret-login-cookie = Login cookie
secret-made = { $maker } key or token
secret-password = Password or key

# What to do about each, where.
secret-bearer-token-cure = It ends by itself within an hour. To end it now, remove the app at https://www.spotify.com/account/apps/
secret-basic-header-cure = It holds the id and secret in readable form: rotate the client secret at https://developer.spotify.com/dashboard, or change that password
secret-client-secret-cure = Rotate it: https://developer.spotify.com/dashboard, your app, Settings, Rotate client secret
secret-refresh-token-cure = Remove the app at https://www.spotify.com/account/apps/ and sign in again; a refresh token lives for months
secret-oauth-code-cure = It works once and for ten minutes at most: sign in again so that it is used up
secret-discord-token-cure = Reset it now: https://discord.com/developers/applications, your app, Bot, Reset Token
secret-discord-webhook-cure = Delete the webhook: channel settings, Integrations, Webhooks; anyone who has the address can post
secret-private-key-cure = Treat it as lost: make a new key pair and replace the old one and its certificates everywhere
secret-login-cookie-cure = Sign out everywhere at https://www.spotify.com/account/, which ends every session that uses it
secret-made-cure = Revoke it and make a new one: { $link }
secret-password-cure = Change it where it belongs, and everywhere else it is used
