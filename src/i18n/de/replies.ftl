# What answers to commands say: status and about.
headline-own-network = ⚪ **Wir wissen nicht, wie es { $whole } geht**: Unser eigenes Netz ist gestört.
headline-not-looked = ⚪ **Wir wissen noch nicht, wie es { $whole } geht**: Die ersten Abfragen laufen.
headline-stale = ⚪ **Wir wissen nicht, wie es { $whole } geht**: Zuletzt kam keine Abfrage an.
headline-not-sure = **{ $subject } { $n ->
    [one] scheitert
   *[other] scheitern
} in unseren Abfragen**, aber noch nicht lange genug, um sicher zu sein.
headline-unknown = ⚪ **Wir wissen nicht, wie es um { $subject } steht**; unsere anderen Abfragen kamen durch.
headline-up = 🟢 **{ $whole } antwortet uns**: { $n ->
    [one] Unsere Abfrage des Dienstes kam durch
   *[other] Unsere Abfragen aller { $n } Dienste kamen durch
}.
headline-up-one = 🟢 **{ $subject } antwortet uns**: Unsere Abfrage kam durch.
status-not-your-code = Es liegt nicht an deinem Code. Wiederhole langsamer und behalte deine Tokens.
status-more = … mehr mit /status und einem Dienst
button-refresh = Aktualisieren
button-meaning = Was heißt das?
button-fails = Bei mir geht es nicht
button-day = Letzte 24 h

# /about
about-name = **Healthy Upstream { $version }** sagt, ob { $whole } ausgefallen ist oder ob es an dir liegt.
about-watched = Beobachtet: { $services }{ $from }.
about-looks = { $n ->
    [one] Eine Quelle
   *[other] { $n } Quellen
}, abgefragt jeweils alle { $every }; nächste Abfrage { $ago }.
about-looks-now = { $n ->
    [one] Eine Quelle wird
   *[other] { $n } Quellen werden
} abgefragt.
about-handbook = Das Handbuch beantwortet { $n } Fragen: /faq, oder füge einen Fehler bei /diagnose ein.
about-ask = Für alle: /status, /ausfälle, /verfügbarkeit. Für Moderatoren: /meldungen abonnieren sagt einem Kanal, wenn etwas ausfällt und wenn es wieder läuft.
about-privacy = Er liest keine Nachrichten. Gespeichert: Einstellungen der Server und wer Bescheid haben will, bis es so weit ist. /meldungen daten-löschen oder **Vergiss mich** löscht es.
about-open = Nicht von { $whole }; freie Software, MIT oder Apache-2.0.
button-details = Details
button-forget-me = Vergiss mich
about-budgets-title = **Was wir abfragen dürfen, und was davon übrig ist**
about-budgets-none = Noch kein Budget wurde angebrochen.
about-budget = • { $host }: noch { $left } von { $all } Abfragen je Minute
about-budget-refused = {" "}· { $source } wird bis { $at } abgelehnt: { $why }
about-sessions = • Discord: { $begun } von { $all } neuen Verbindungen am Tag verbraucht
about-sources-title = **Quellen**
about-source = • { $source }: { $said }, abgefragt { $ago }
about-source-never = • { $source }: noch nicht abgefragt
about-source-refused = {" "}· abgelehnt bis { $at }
about-kept-title = **Was gespeichert wird, und wie lange**
about-kept = • Je Kanal: was er hören will, bis er abbestellt wird; 30 Tage länger, wenn der Kanal oder der Bot verschwindet.
about-kept-people = • Je Person: nur wer „Sag mir, wenn es wieder geht“ gedrückt hat, bis es so weit ist (noch einmal drücken nimmt es zurück); die Zahl der Meldungen, unter einem Hash, der mit dem Ausfall verworfen wird.
about-kept-texts = • Eingefügte Texte und Nachrichten: nie gespeichert.
about-delete = Löschen: /meldungen daten-löschen für einen Server, **Vergiss mich** für dich selbst. /meldungen daten-export gibt Moderierenden, was über ihren Server gespeichert ist.

# Notes and refusals, for the asker alone.
note-stands-already = Dasselbe wurde hier gerade beantwortet: { $link }
note-counted-already = Du bist schon gezählt. Danke.
note-enough-wait = Hier haben schon 100 Leute darum gebeten; mehr kann eine Nachricht nicht nennen. Das Ende wird hier trotzdem gemeldet.
note-not-kept = Das ließ sich gerade nicht speichern; nichts wurde geändert. Versuch es in einer Minute noch einmal.
note-in-doubt = Beim Speichern kam keine Antwort: Vielleicht ist es gespeichert, vielleicht nicht. Versuch es in einer Minute noch einmal, wenn du sichergehen willst.
note-alerts-in-doubt = Beim Speichern kam keine Antwort: Vielleicht ist es gespeichert, vielleicht nicht. In einer Minute zeigt es /meldungen liste; versuch es noch einmal, wenn es dort fehlt.
note-store-away = Das ließ sich gerade weder nachsehen noch speichern; nichts wurde geändert. Die Live-Auskunft geht weiter. Versuch es in einer Minute noch einmal.
note-will-tell-here = Sobald { $subject } wieder { $n ->
    [one] da ist
   *[other] da sind
}, wirst du hier erwähnt, einmal.
note-will-tell-direct = Sobald { $subject } wieder { $n ->
    [one] da ist
   *[other] da sind
}, bekommst du eine Direktnachricht.
note-will-not-tell = Zurückgenommen: Du bekommst keinen Bescheid. Drück noch einmal, wenn du doch willst.
forgotten = Vergessen: wo du Bescheid haben wolltest und was du gemeldet hast. Über dich ist nichts gespeichert.
forgotten-files = **Jetzt vergessen:** wo du Bescheid haben wolltest und was du gemeldet hast. **Binnen einer Stunde** ist es auch aus meinen Dateien und stündlichen Sicherungen verschwunden. Ein Hash deiner ID bleibt, damit kein älterer Export es zurückbringt.
forgotten-database = **Jetzt vergessen:** wo du Bescheid haben wolltest und was du gemeldet hast. Sicherungen der Datenbank bleiben so lange, wie mein Betreiber sie aufhebt. Ein Hash deiner ID bleibt, damit kein älterer Export es zurückbringt.
note-sorry = Entschuldige, das ist bei uns schiefgegangen. Wenn es noch einmal passiert, nenne dem Betreiber diese ID: `{ $id }`
note-slow-down = Das war schnell. Versuch es { $at } noch einmal.
misuse-full = Dieser Server hat { $n ->
    [one] ein Abonnement
   *[other] { $n } Abonnements
}, mehr geht nicht. Entferne zuerst eines mit /meldungen abbestellen.
misuse-service = Ich beobachte „{ $named }“ nicht. Ich beobachte: { $known }.
misuse-no-such-outage = Diesen Ausfall kenne ich nicht. /ausfälle zeigt alle, die ich kenne.
misuse-cannot-tell-here = Ich kann in diesem Kanal nicht schreiben, also auch nicht hier Bescheid sagen. Mir fehlt: { $permissions }.
misuse-old-button = Diesen Knopf kenne ich nicht mehr: Er stammt aus einer früheren Version. Frag noch einmal mit einem Befehl, etwa /status.
misuse-no-direct = Ich konnte keine Direktnachricht an dich öffnen, also kann ich dir nicht Bescheid sagen: { $why }. Nichts wurde gespeichert.
misuse-needs-discord = Das geht nur in Discord.
permission-view-channel = Kanal anzeigen
permission-send-messages = Nachrichten senden
permission-attach-files = Dateien anhängen
permission-read-message-history = Nachrichtenverlauf anzeigen
permission-mention-everyone = Alle Rollen erwähnen
permission-connect = Verbinden
permission-create-public-threads = Öffentliche Threads erstellen
permission-send-messages-in-threads = Nachrichten in Threads senden

# /outages and /uptime.
outages-none = 🟢 **{ $whole }, { $days ->
    [one] der letzte Tag
   *[other] die letzten { $days } Tage
}**: kein Ausfall, von dem wir oder die Statusseite wissen.
outages-title = { $symbol } **{ $whole }, { $days ->
    [one] der letzte Tag
   *[other] die letzten { $days } Tage
}**: { $n ->
    [one] ein Ausfall, vorbei
   *[other] { $n } Ausfälle, alle vorbei
}.
outages-title-open = { $symbol } **{ $whole }, { $days ->
    [one] der letzte Tag
   *[other] die letzten { $days } Tage
}**: { $n ->
    [one] ein Ausfall, er dauert an
   *[other] { $n } Ausfälle, { $open ->
        [one] einer dauert an
       *[other] { $open } dauern an
    }
}.
outages-line = { $symbol } { $at } · { $what }
outages-what = { $subject }: { $level }, { $span } lang
outages-what-open = { $subject }: { $level }, bisher { $span }
outages-more = und { $n } weitere; sie stehen im Menü
outages-hint = Einen als Zeitverlauf öffnen
timeline-skipped = … { $n } weitere Einträge …
moment-first-bad = **{ $service }**: erste gescheiterte Abfrage, { $evidence }
moment-told = wir waren sicher und haben es gemeldet
moment-became = **{ $service }**: { $symbol } { $level }
moment-first-good = **{ $service }**: erste erfolgreiche Abfrage
moment-page = Statusseite von { $whole }: „{ $state }“
moment-page-text = Statusseite von { $whole }: „{ $state }“: { $text }
moment-page-withdrew = die Statusseite hat ihre Meldung zurückgezogen
moment-reopened = wieder gestört
moment-flapping = fällt von nun an immer wieder aus
moment-ended = vorbei
button-page = Statusseite
uptime-title-quiet = 🟢 **{ $whole }, die letzten { $window }**: kein Ausfall.
uptime-title = { $symbol } **{ $whole }, die letzten { $window }**: { $n ->
    [one] ein Ausfall, vorbei
   *[other] { $n } Ausfälle, alle vorbei
}.
uptime-title-open = { $symbol } **{ $whole }, die letzten { $window }**: { $n ->
    [one] ein Ausfall, er dauert an
   *[other] { $n } Ausfälle, { $open ->
        [one] einer dauert an
       *[other] { $open } dauern an
    }
}.
uptime-service-well = 🟢 **{ $service }**: { $share } %
uptime-service = { $symbol } **{ $service }**: { $share } % · ausgefallen { $down }
uptime-looks-well = 🟢 **{ $service }**: { $share } % unserer Abfragen kamen durch
uptime-looks = { $symbol } **{ $service }**: { $share } % unserer Abfragen kamen durch · ausgefallen { $down }
uptime-looks-none = ⚪ **{ $service }**: unsere Abfragen sagten nichts
uptime-trouble = {" "}· gestört { $trouble }
uptime-foot-looks = Gezählt: { $n } Abfragen{ $from }, seit { $since }. Ausfallzeiten: nach unseren Abfragen und der Statusseite von { $whole } · Details: /ausfälle
uptime-foot = Anteil der Zeit ohne Ausfall, nach unseren Abfragen{ $from } und der Statusseite von { $whole } · Details: /ausfälle
window-24h = 24 Stunden
window-7d = 7 Tage
window-30d = 30 Tage
window-90d = 90 Tage
