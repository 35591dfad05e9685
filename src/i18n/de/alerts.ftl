# What posts say when outages start, change and end.
outage-down = **{ $subject } { $n ->
    [one] ist
   *[other] sind
} ausgefallen**
outage-trouble = **{ $subject } { $n ->
    [one] hat
   *[other] haben
} Probleme**
outage-slow = **{ $subject } { $n ->
    [one] ist
   *[other] sind
} langsam**
outage-page-down = **Die Statusseite von { $whole } meldet einen Ausfall: { $subject }**
outage-page-trouble = **Die Statusseite von { $whole } meldet Probleme: { $subject }**
outage-page-shown = **Die Statusseite von { $whole } zeigt einen Ausfall von { $subject }**
outage-page-flapping = **Die Statusseite von { $whole } meldet immer wieder Probleme bei { $subject }**
outage-flapping = **{ $subject } { $n ->
    [one] fällt immer wieder aus
   *[other] fallen immer wieder aus
}**
outage-maintenance = **{ $subject }: Wartung**
headline-for = { $headline }, seit { $span }
headline-evidence = { $headline }: { $evidence }
preview = Vorschau, alles in Ordnung: { $line }
preview-foot = Das ist eine Vorschau: Niemand wird gepingt, nichts wird gezählt.
posted-late = { $span } verspätet gemeldet; bekannt seit { $at }.
service-since = { $symbol } **{ $service }**: { $state }, seit { $at }
service-back = 🟢 **{ $service }**: wieder da seit { $at }, nach { $span }
during-work = Während angekündigter Arbeiten: { $whole } nennt sie { $title }.
part-of-checks = { $n } von { $all } Prüfungen { $n ->
    [one] schlägt
   *[other] schlagen
} fehl.
still-answering = Weiterhin verfügbar: { $services }.
do-and-dont = **Für Entwickler:** mit Backoff wiederholen. Nutzer nicht abmelden, Schlüssel nicht rotieren.
foot-edit = Diese Nachricht aktualisiert sich selbst. Wenn es vorbei ist, kommt eine neue.
foot-posts = Änderungen und die Entwarnung kommen als neue Beiträge.
foot-thread = Änderungen und die Entwarnung kommen in diesem Thread.
foot-ended = Behoben { $ago }; mehr im Beitrag unten.
foot-ended-thread = Behoben { $ago }; mehr im Thread.
more-in-outages = … mehr mit /ausfälle id:{ $id }

# It changes.
joined = { $symbol } **Jetzt { $n ->
    [one] ist
   *[other] sind
} auch { $subject } gestört**
worse-down = { $symbol } **{ $subject }: schlimmer geworden, jetzt ausgefallen**
worse-trouble = { $symbol } **{ $subject }: schlimmer geworden**
reopened = { $symbol } **{ $subject } { $n ->
    [one] fällt
   *[other] fallen
} wieder aus.** Wir zählen es als denselben Ausfall; er dauert jetzt { $span }.
ask-again = Wer schon erwähnt wurde: noch einmal auf den Knopf drücken, um das Ende zu erfahren.
reopened-page = { $symbol } **Die Statusseite von { $whole } meldet wieder Probleme bei { $subject }**; wir zählen es als denselben Ausfall; er dauert jetzt { $span }.
back-partly = 🟢 **{ $subject } { $n ->
    [one] ist
   *[other] sind
} wieder da.** Noch nicht: { $rest }.
better = { $symbol } **{ $subject }: besser, aber nicht vorbei**
page-spoke = { $symbol } **Die Statusseite von { $whole } sagt jetzt { $state }** zu { $subject }
confirmed = Jetzt schlagen auch unsere Prüfungen fehl: Die Statusseite von { $whole }, die es zuerst gemeldet hat, lag richtig.
page-closed-open = { $symbol } **Die Statusseite von { $whole } hat ihre Meldung geschlossen**, aber unsere Prüfungen schlagen weiterhin fehl: { $subject }.
page-closed = { $symbol } **Die Statusseite von { $whole } hat ihre Meldung** zu { $subject } **geschlossen**.
page-closed-after = 🟢 **Die Statusseite von { $whole } hat ihre Meldung geschlossen**: { $subject }, { $span } nachdem unsere Prüfungen wieder erfolgreich waren.
since-part = Seit { $at } · { $rest }
reminder = { $symbol } **{ $subject } { $n ->
    [one] ist
   *[other] sind
} noch immer { $level }**, seit { $span }
reminder-foot = Erinnerung { $n }; bis zur nächsten dauert es länger.
flapping-count = { $symbol } { $headline }: { $n ->
    [one] einmal
   *[other] { $n }-mal
} in { $span }
flapping-foot = Diese Nachricht zählt von selbst weiter. Eine neue kommt, wenn es eine Weile stabil war.

# It ends.
end-down = 🟢 **{ $subject } { $n ->
    [one] ist
   *[other] sind
} wieder da.** Der Ausfall dauerte { $span }.
end-trouble = 🟢 **{ $subject } { $n ->
    [one] läuft
   *[other] laufen
} wieder normal.** Die Probleme dauerten { $span }.
end-slow = 🟢 **{ $subject } { $n ->
    [one] ist
   *[other] sind
} wieder schnell.** Langsam war es { $span } lang.
end-flapping = 🟢 **{ $subject } { $n ->
    [one] ist
   *[other] sind
} wieder da.** Der Ausfall kam und ging { $times }-mal in { $span }.
end-page = 🟢 **Die Statusseite von { $whole } hat ihre Meldung geschlossen: { $subject }.** Sie war { $span } offen.
end-page-withdrawn = 🟢 **Die Statusseite von { $whole } hat ihre Meldung zurückgezogen: { $subject }.** Sie war { $span } offen.
end-page-shown = 🟢 **Die Statusseite von { $whole } zeigt { $subject } wieder als verfügbar**, nach { $span }.
resolved-down = 🟢 **Behoben**: { $subject } { $n ->
    [one] war
   *[other] waren
} { $span } lang ausgefallen
resolved-trouble = 🟢 **Behoben**: { $subject } { $n ->
    [one] hatte
   *[other] hatten
} { $span } lang Probleme
resolved-slow = 🟢 **Behoben**: { $subject } { $n ->
    [one] war
   *[other] waren
} { $span } langsam
resolved-flapping = 🟢 **Behoben**: Der Ausfall von { $subject } kam und ging { $times }-mal in { $span }
resolved-page = 🟢 **Behoben**: Die Statusseite von { $whole } meldete { $span } lang Probleme: { $subject }
resolved-page-shown = 🟢 **Behoben**: Die Statusseite von { $whole } zeigte { $span } lang einen Ausfall: { $subject }
resolved-service = • **{ $service }**: { $evidence }, { $from } bis { $until }
end-once-down = 🟢 **{ $subject } { $n ->
    [one] war
   *[other] waren
} { $span } lang ausgefallen** und { $n ->
    [one] ist
   *[other] sind
} wieder da.
end-once-trouble = 🟢 **{ $subject }: { $span } lang Probleme**, jetzt { $n ->
    [one] läuft es
   *[other] laufen sie
} wieder normal.
end-once-page = 🟢 **Die Statusseite von { $whole } meldete { $span } lang Probleme: { $subject }**; die Meldung ist geschlossen.
end-first-bad = • { $at } erste fehlgeschlagene Prüfung{ $told }
end-first-slow = • { $at } erste langsame Antwort{ $told }
end-alert-after = {" "}(gemeldet { $span } später)
end-service = • **{ $service }**: { $from } bis { $until } ({ $span })
end-stretches = • { $n }-mal ausgefallen: { $stretches }
end-stretch = { $from } bis { $until } ({ $span })
end-page-said = • { $at } Statusseite von { $whole }: { $state }
end-page-said-after = { end-page-said }, { $span } nach uns
end-page-said-before = { end-page-said }, { $span } vor uns
end-first-good = • { $at } wieder verfügbar
end-page-closed = • { $at } Statusseite von { $whole }: geschlossen
end-page-up = • { $at } Statusseite von { $whole }: wieder verfügbar
end-flaps = Es fiel { $n ->
    [one] einmal
   *[other] { $n }-mal
} aus und kam wieder.
end-page-still = Die Statusseite von { $whole } sagt noch { $state }.
end-page-silent = Die Statusseite von { $whole } hat es nie erwähnt.
end-page-resolved = Die Statusseite von { $whole } sagt „Behoben“.
end-page-withdrew = Die Statusseite von { $whole } hat ihre Meldung zurückgezogen.
end-no-cause = Noch keine Ursache genannt.
end-once-foot = Einmal gemeldet, nachdem es vorbei war.
recovery-subscribers = Ihr wolltet benachrichtigt werden: { $people }

# Maintenance.
maintenance-start = 🔧 **{ $subject }: Die Wartung hat begonnen**
maintenance-title = { $whole } nennt es { $title }.
maintenance-foot = Angekündigte Wartung; Fehler während der Wartung zählen dazu.
maintenance-end = 🟢 **{ $subject }: Die Wartung ist vorbei.** Sie dauerte { $span }.

# Buttons.
button-me-too = Ich sehe es auch
button-notify-me = Benachrichtigen, wenn es wieder geht
button-acknowledge = Diesen Ausfall hier stummschalten

# The live status message and the weekly report.
live-foot = Diese Nachricht aktualisiert sich selbst · ist sie älter als 15 Minuten, ist dieser Bot ausgefallen, nicht { $whole }
live-checked = Geprüft { $ago }, gezeichnet { $drawn }
weekly-days = { $from } bis { $until }:
weekly-quiet = 🟢 **{ $whole }, diese Woche**: kein Ausfall gesehen{ $from }.
weekly-sums = { $symbol } **{ $whole }, diese Woche**: { $n ->
    [one] ein Ausfall
   *[other] { $n } Ausfälle
}, insgesamt { $span }.
weekly-service = • **{ $service }**: { $share } % der Zeit ohne Ausfall
weekly-outage = • { $at } { $subject }: { $span }
weekly-more = • und { $n } weitere
weekly-foot = Aus unseren Prüfungen und der Statusseite von { $whole } · /meldungen abonnieren ändert oder beendet diesen Bericht

# Warum etwas scheiterte, wenn es nicht mit Discords eigenen Worten gesagt wird.
reason-rate-limited = Discord bittet mich zu warten (429)
reason-own-limit = ich muss auf Discords Rate-Limit warten
reason-answered = Discord antwortete mit einem Fehler ({ $code })
reason-in-front = ein Proxy vor Discord hat mich abgewiesen ({ $code })
reason-no-answer = Discord hat nicht rechtzeitig geantwortet
reason-no-connection = es gab keine Verbindung zu Discord
reason-cut = die Verbindung zu Discord brach ab
reason-unreadable = die Antwort von Discord war nicht lesbar
reason-stopping = ich werde gerade neu gestartet
reason-request = die Anfrage ließ sich nicht stellen
reason-file-large = sie ist größer als 1 MiB
reason-file-elsewhere = sie liegt nicht bei Discord
reason-unknown-channel = diesen Kanal gibt es nicht (10003)
reason-unknown-message = diese Nachricht gibt es nicht (10008)
reason-malformed = Discord hat meine Nachricht als fehlerhaft abgelehnt (50035)
reason-unauthorized = Discord hat mein Token abgelehnt
reason-over = die Interaktion ist abgelaufen ({ $code })
reason-no-direct = diese Person nimmt keine Direktnachrichten an (50007)
reason-thread-closed = der Thread ist geschlossen ({ $code })
reason-no-history = mir fehlt dort die Berechtigung „Nachrichtenverlauf anzeigen“ (50013)
reason-too-late = es war seit über einem Tag vorbei und ließ sich vorher nicht melden
reason-channel-gone = den Kanal gibt es nicht mehr
reason-removed = ich wurde vom Server entfernt
