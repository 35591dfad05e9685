# What /faq and /diagnose say around the handbook's own words.
entry-is-it-you = **Liegt es an dir?** { $yours }
entry-dont = **Nicht:** { $dont }
entry-dont-other = **Nicht:** { $dont }
entry-cut = … der Rest steht hinter **Mehr**
entry-for = Für <@{ $person }>: { $line }
more-title = **Mehr über: { $title }**
more-developers = **Für Entwickler**
more-causes = **Alle Ursachen**
more-sources = **Quellen** (geprüft am { $reviewed })
more-nothing = Mehr als in der Antwort gibt es dazu nicht zu sagen.
more-cut = … der ganze Eintrag: <{ $url }>
related-hint = Verwandte Fragen
button-more = Mehr
button-helped = Hat geholfen
button-not-helped = Hat nicht geholfen
button-delete = Löschen
button-fix = Eintrag verbessern
button-share = Hier teilen
voted-helped = Danke: als hilfreich gezählt.
voted-not-helped = Danke: gezählt. Was hat gefehlt? **Eintrag verbessern** zeigt den Quelltext; oder frag noch einmal mit den genauen Worten des Fehlers.
entry-gone = Dieser Eintrag steht nicht mehr im Handbuch. /faq zeigt, was darin steht.
delete-not-yours = Nur wer gefragt hat oder moderiert, kann diese Antwort löschen.
delete-not-done = Discord hat mich diese Antwort nicht löschen lassen. Wer moderiert, kann sie über ihr Menü löschen.

# Not sure, or not known.
faq-unsure = ❔ **Ich bin nicht sicher, was du meinst.** Am nächsten kommt:
faq-unsure-line = • **{ $title }**
faq-unsure-foot = Wähle unten aus, oder frag mit den genauen Worten des Fehlers.
faq-unsure-hint = Was davon meinst du?
faq-where = ❔ **Wo hast du es gesehen?** Dieselben Worte bedeuten an verschiedenen Orten Verschiedenes.
faq-where-foot = Drück, wo du es gesehen hast, und ich antworte passend dazu.
faq-none = ❔ **Das kenne ich nicht**: { $question }
faq-none-foot = Füge den genauen Fehler bei /diagnose ein, oder sieh nach, was am häufigsten gefragt wird:
faq-none-hint = Was am häufigsten gefragt wird
faq-for-private = `für:` zeigt jemandem eine Antwort, `privat:` verbirgt sie vor allen außer dir. Nimm nur eines davon.
where-spotify = Spotify
where-proxy = Mein eigener Proxy
where-kubernetes = Kubernetes
where-vcenter = vCenter
where-cloud = Eine Cloud-Plattform
where-website = Irgendeine Website

# /diagnose and "Explain this error".
form-title = Was ist schiefgegangen?
form-error = Fehler, Log oder Ausgabe von curl -i
form-error-hint = Mit Zeilenumbrüchen einfügen. Tokens und Geheimnisse werden nie wiederholt oder gespeichert.
diagnose-found = 🔎 **{ $title }**
diagnose-found-more = 🔎 **{ $title }**, und noch { $n }
diagnose-line = In Zeile { $line } steht { $quote }
diagnose-line-who = In Zeile { $line } steht { $quote }: Das ist { $who }.
diagnose-fault = **An wem liegt es?** { $yours }
diagnose-now = **Jetzt:**
diagnose-also = Außerdem: **{ $title }** (Zeile { $line }, { $quote })
diagnose-none = 🔎 **Ich erkenne darin keinen Fehler.**
diagnose-none-foot = Ich kenne die Fehler von Spotify, Envoy, nginx, Kubernetes und vielen Bibliotheken am genauen Wortlaut. Füge die Zeilen um den Fehler herum ein, mit Statuscode und Body; `curl -i` zeigt beides. Oder frag in Worten mit /faq.
diagnose-shared = Aus dem Fehler einer anderen Person, untersucht mit **Diesen Fehler erklären**: { $link }
diagnose-empty = In dieser Nachricht steht kein Text, den ich erklären kann, und keine Textdatei. Nimm die Nachricht, die den Fehler zeigt.
diagnose-file-unread = Ich konnte diese Datei nicht lesen: { $why }. Textdateien bis 1 MiB gehen; oder füge die Zeilen um den Fehler herum ein.
diagnose-file-kind = Das sieht nicht nach einer Textdatei aus. Häng ein Log oder einen Text bis 1 MiB an, oder füge die Zeilen um den Fehler herum ein.
diagnose-file-large = Diese Datei ist größer als 1 MiB. Füge stattdessen die Zeilen um den Fehler herum ein.
diagnose-too-much = Das ist zu viel, um es auf einmal zu lesen. Füge stattdessen die Zeilen um den Fehler herum ein.
diagnose-hint = Einen anderen Fund erklären

# Secrets.
secrets-yours = ⚠️ **In dem, was du eingefügt hast, stehen Geheimnisse**: Behandle sie so, als würden andere sie kennen.
secrets-theirs = ⚠️ **In dieser Nachricht stehen Geheimnisse**: Alle, die diesen Kanal lesen, können sie lesen.
secrets-line = • { $name }: { $cure }
secrets-more = • Und weitere, von { $makers }: Widerrufe jeden dort, wo er erzeugt wurde
secrets-foot = Ich habe sie weder wiederholt noch gespeichert.
secrets-tell-them = Sag <@{ $person }>, die Nachricht zu löschen und sie zu widerrufen, oder bitte die Moderation, sie zu löschen.
secret-bearer-token = Zugriffstoken
secret-basic-header = Basic-Header
secret-client-secret = Client-Secret
secret-refresh-token = Refresh-Token
secret-oauth-code = Anmeldecode
secret-discord-token = Discord-Token
secret-discord-webhook = Discord-Webhook
secret-private-key = Privater Schlüssel
secret-login-cookie = Anmelde-Cookie
secret-made = Schlüssel oder Token von { $maker }
secret-password = Passwort oder Schlüssel

# Was gegen jedes zu tun ist, und wo.
secret-bearer-token-cure = Es läuft innerhalb einer Stunde von selbst ab. Um es sofort zu beenden, entferne die App unter https://www.spotify.com/account/apps/
secret-basic-header-cure = Er enthält ID und Secret lesbar: Erneuere das Client-Secret unter https://developer.spotify.com/dashboard, oder ändere dieses Passwort
secret-client-secret-cure = Erneuere es: https://developer.spotify.com/dashboard, deine App, Settings, Rotate client secret
secret-refresh-token-cure = Entferne die App unter https://www.spotify.com/account/apps/ und melde dich neu an; ein Refresh-Token gilt monatelang
secret-oauth-code-cure = Er gilt einmal und höchstens zehn Minuten: Melde dich neu an, damit er verbraucht ist
secret-discord-token-cure = Setze es jetzt zurück: https://discord.com/developers/applications, deine App, Bot, Reset Token
secret-discord-webhook-cure = Lösche den Webhook: Kanaleinstellungen, Integrationen, Webhooks; wer die Adresse hat, kann dort posten
secret-private-key-cure = Gib ihn verloren: Erzeuge ein neues Schlüsselpaar und ersetze das alte und seine Zertifikate überall
secret-login-cookie-cure = Melde dich unter https://www.spotify.com/account/ überall ab; das beendet jede Sitzung, die es benutzt
secret-made-cure = Widerrufe ihn und erzeuge einen neuen: { $link }
secret-password-cure = Ändere es dort, wo es hingehört, und überall sonst, wo es benutzt wird
