# What answers to commands say: status and about.
headline-own-network = ⚪ **Wir wissen nicht, wie es { $whole } geht**: Unser eigenes Netz ist gestört.
headline-not-checked = ⚪ **Wir wissen noch nicht, wie es { $whole } geht**: Die ersten Prüfungen laufen.
headline-stale = ⚪ **Wir wissen nicht, wie es { $whole } geht**: Zuletzt wurde keine Prüfung fertig.
headline-not-sure = **Unsere Prüfungen schlagen fehl: { $subject }**, aber noch nicht lange genug, um sicher zu sein.
headline-unknown = ⚪ **Wir wissen nicht, wie es um { $subject } steht**; alles andere besteht unsere Prüfungen.
headline-up = 🟢 **{ $whole } ist verfügbar**: { $n ->
    [one] Der Dienst besteht
   *[other] Alle { $n } Dienste bestehen
} unsere Prüfungen
headline-up-one = 🟢 **{ $subject }: verfügbar**, alle unsere Prüfungen sind erfolgreich
status-not-your-code = Es liegt nicht an deinem Code. Bremse deine Wiederholungen und behalte deine Tokens.
status-more = … mehr mit /status und einem Dienst
button-refresh = Aktualisieren
button-meaning = Was heißt das?
button-fails = Bei mir geht es nicht
button-day = Letzte 24 h

# /about
about-name = **Healthy Upstream { $version }** sagt, ob { $whole } ausgefallen ist oder ob es an dir liegt.
about-watched = Beobachtet: { $services }{ $from }.
about-checks = { $n ->
    [one] Eine Quelle
   *[other] { $n } Quellen
}, jeweils alle { $every } geprüft.
about-checks-now = { $n ->
    [one] Eine Quelle wird
   *[other] { $n } Quellen werden
} gerade geprüft.
about-faq = Die FAQ beantwortet { $n } Fragen: /faq, oder füge einen Fehler bei /diagnose ein.
about-ask = Für alle: /status, /ausfälle, /verfügbarkeit. Für die Moderation: /meldungen abonnieren meldet einem Kanal, wenn etwas ausfällt und wenn es wieder läuft.
about-privacy = Er liest keine Nachrichten. Gespeichert: Servereinstellungen, und wer benachrichtigt werden will, bis das geschehen ist. /meldungen daten-löschen oder **Vergiss mich** löscht es.
about-open = Nicht von { $whole }; freie Software, MIT oder Apache-2.0.
button-details = Details
button-forget-me = Vergiss mich
about-budgets-title = **Anfragebudgets**
about-budgets-none = Noch wurde kein Anfragebudget angebrochen.
about-budget = • { $host }: noch { $left } von { $all } Anfragen je Minute
about-budget-refused = {" "}· { $source } ist bis { $at } begrenzt (Rate Limit): { $why }
about-sessions = • Discord: { $begun } von { $all } neuen Verbindungen am Tag verbraucht
about-sources-title = **Quellen**
about-source = • { $source }: { $said }, geprüft { $ago }
about-source-never = • { $source }: noch nicht geprüft
about-source-refused = {" "}· bis { $at } begrenzt (Rate Limit)
about-stored-title = **Was gespeichert wird, und wie lange**
about-stored = • Je Kanal: seine Einstellungen, bis er abbestellt wird; 30 Tage länger, wenn der Kanal oder der Bot entfernt wird.
about-stored-people = • Je Person: nur wer „Benachrichtigen, wenn es wieder geht“ gedrückt hat, bis zur Benachrichtigung (noch einmal drücken nimmt es zurück); die Zahl der Meldungen, unter einem Hash, der mit dem Ausfall verworfen wird.
about-stored-texts = • Eingefügte Texte und Nachrichten: nie gespeichert.
about-delete = Löschen: /meldungen daten-löschen für einen Server, **Vergiss mich** für dich selbst. Mit /meldungen daten-export bekommt die Moderation, was über ihren Server gespeichert ist.

# Notes and refusals, for the asker alone.
note-stands-already = Dieselbe Antwort steht schon hier: { $link }
note-counted-already = Deine Meldung ist schon gezählt. Danke.
note-enough-wait = Hier haben schon 100 Leute darum gebeten; mehr kann eine Nachricht nicht erwähnen. Die Entwarnung kommt hier trotzdem.
note-not-saved = Das ließ sich gerade nicht speichern; nichts wurde geändert. Versuch es in einer Minute noch einmal.
note-in-doubt = Beim Speichern kam keine Antwort: Vielleicht ist es gespeichert, vielleicht nicht. Versuch es zur Sicherheit in einer Minute noch einmal.
note-alerts-in-doubt = Beim Speichern kam keine Antwort: Vielleicht ist es gespeichert, vielleicht nicht. Sieh in einer Minute mit /meldungen liste nach, und versuch es noch einmal, wenn es dort fehlt.
note-store-away = Gerade lässt sich nichts lesen oder speichern; nichts wurde geändert. Der Live-Status funktioniert weiter. Versuch es in einer Minute noch einmal.
note-will-notify-here = Wenn { $subject } wieder { $n ->
    [one] da ist
   *[other] da sind
}, erwähnen wir dich hier, einmal.
note-will-notify-direct = Wenn { $subject } wieder { $n ->
    [one] da ist
   *[other] da sind
}, bekommst du eine Direktnachricht.
note-will-not-notify = Zurückgenommen: Du wirst nicht benachrichtigt. Drück noch einmal, wenn du es doch möchtest.
forgotten = Vergessen: wo du benachrichtigt werden wolltest und was du gemeldet hast. Über dich ist nichts gespeichert.
forgotten-files = **Jetzt vergessen:** wo du benachrichtigt werden wolltest und was du gemeldet hast. **Binnen einer Stunde** ist es auch aus meinen Dateien und stündlichen Sicherungen verschwunden. Ein Hash deiner ID bleibt, damit kein älterer Export es zurückbringt.
forgotten-database = **Jetzt vergessen:** wo du benachrichtigt werden wolltest und was du gemeldet hast. Sicherungen der Datenbank bleiben so lange, wie mein Betreiber sie aufhebt. Ein Hash deiner ID bleibt, damit kein älterer Export es zurückbringt.
note-sorry = Entschuldige, da ist bei uns etwas schiefgegangen. Wenn es noch einmal passiert, nenne dem Betreiber diese ID: `{ $id }`
note-slow-down = Das war schnell. Versuch es { $at } noch einmal.
misuse-full = Dieser Server hat { $n ->
    [one] ein Abonnement
   *[other] { $n } Abonnements
}, und das ist die Obergrenze. Entferne zuerst eines mit /meldungen abbestellen.
misuse-service = Ich beobachte „{ $named }“ nicht. Ich beobachte: { $known }.
misuse-no-such-outage = Diesen Ausfall kenne ich nicht. /ausfälle zeigt alle, die ich kenne.
misuse-cannot-notify-here = Ich kann in diesem Kanal nicht schreiben, also kann ich dich hier nicht benachrichtigen. Mir fehlt die Berechtigung { $permissions }.
misuse-old-button = Dieser Knopf stammt aus einer älteren Version von mir. Frag noch einmal mit einem Befehl, etwa /status.
misuse-no-direct = Ich konnte dir keine Direktnachricht schicken, also kann ich dich nicht benachrichtigen, wenn es wieder geht: { $why }. Nichts wurde gespeichert.
misuse-needs-discord = Das geht nur in Discord.
permission-view-channel = Kanal anzeigen
permission-send-messages = Nachrichten senden
permission-attach-files = Dateien anhängen
permission-read-message-history = Nachrichtenverlauf anzeigen
permission-mention-everyone = @everyone, @here und alle Rollen erwähnen
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
timeline-first-bad = **{ $service }**: erste fehlgeschlagene Prüfung, { $evidence }
timeline-posted = wir waren sicher und haben es gemeldet
timeline-became = **{ $service }**: { $symbol } { $level }
timeline-first-good = **{ $service }**: besteht unsere Prüfungen wieder
timeline-page = Statusseite von { $whole }: { $state }
timeline-page-text = Statusseite von { $whole }: { $state }: { $text }
timeline-page-withdrew = die Statusseite hat ihre Meldung zurückgezogen
timeline-reopened = wieder ausgefallen
timeline-flapping = fällt jetzt immer wieder aus
timeline-ended = vorbei
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
uptime-checks-well = 🟢 **{ $service }**: zu { $share } % der Zeit verfügbar
uptime-checks = { $symbol } **{ $service }**: zu { $share } % der Zeit verfügbar · ausgefallen { $down }
uptime-checks-none = ⚪ **{ $service }**: keine Daten
uptime-trouble = {" "}· gestört { $trouble }
uptime-foot-checks = Daten aus { $span }{ $from }, seit dem { $since }. Ausfallzeiten nach unseren Prüfungen und der Statusseite von { $whole } · Details: /ausfälle
uptime-foot = Anteil der Zeit ohne Ausfall, nach unseren Prüfungen{ $from } und der Statusseite von { $whole } · Details: /ausfälle
window-24h = 24 Stunden
window-7d = 7 Tage
window-30d = 30 Tage
window-90d = 90 Tage
