# How well something is, what failed, and who says so.
level-up = verfügbar
level-degraded = langsam oder teilweise gestört
level-outage = ausgefallen
level-maintenance = in Wartung
level-unknown = nicht bekannt

# What a look met, where no words came with it.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = ein Dienst hinter dem Eingang ist nicht erreichbar
symptom-upstream-timeout = ein Dienst hinter dem Eingang antwortet nicht
symptom-envoy-empty = eine leere Antwort
symptom-edge-error = eine Fehlerseite des Eingangs
symptom-api-server-error = ein Serverfehler
symptom-server-error = ein Serverfehler
symptom-empty = eine Antwort ohne Inhalt
symptom-tls-expired = das Zertifikat ist abgelaufen
symptom-tls = keine sichere Verbindung
symptom-dns = der Name lässt sich nicht auflösen
symptom-connect = keine Verbindung
symptom-timeout = keine rechtzeitige Antwort
symptom-reset = die Verbindung brach ab
symptom-with-status = { $status }, { $symptom }

# Lists of names.
list-pair = { $first } und { $second }
list-comma = { $first }, { $second }
list-more = { $names } und { $n } weitere

# Our own voice.
from-place = , aus { $place }
see-looks-failed = **Wir sehen** { $n ->
    [one] eine gescheiterte Abfrage
   *[other] { $n } gescheiterte Abfragen in Folge
} seit { $at } ({ $ago }){ $from }.
see-failures = **Wir sehen** Fehler seit { $at } ({ $ago }){ $from }.
see-failures-at-least = **Wir sehen** Fehler spätestens seit { $at }, als dieser Bot zum ersten Mal abfragte{ $from }.
see-nothing-of-it = **Wir sehen** nichts davon: Unsere Abfragen kommen durch{ $from }.
see-looks-through = **Wir sehen** { $n ->
    [one] unsere Abfrage
   *[other] unsere Abfragen von { $n } Diensten
} durchkommen{ $from }; die neueste { $ago }.
see-looks-some = **Wir sehen** unsere Abfragen von { $n } der { $all } Dienste durchkommen{ $from }; die neueste { $ago }.
see-nothing-yet = **Wir sehen** noch nichts: Die ersten Abfragen laufen.
see-blind = **Wir sehen** nichts seit { $at }: Unser eigenes Netz ist gestört, das sagt nichts über { $whole }.
see-rate-limited = **Wir sehen** gerade nichts: Unsere Abfragen sind bis { $at } begrenzt ({ $ago }), das sagt nichts über den Dienst.
see-stale = **Wir sehen**, was wir { $ago } sahen: Eine neuere Abfrage kam nicht an.
see-partly = **Wir sehen** einige Abfragen scheitern und einige durchkommen{ $from }; die neueste { $ago }.

# The status page's voice.
page-says = **{ $whole } sagt** { $what }
page-nothing-yet = noch nichts; die Statusseite zeigt { $headline }.
page-nothing = noch nichts.
page-incident = „{ $state }“ ({ $ago })
page-incident-text = „{ $state }“: { $text } ({ $ago })
page-shows = { $headline } (gelesen { $ago })
page-unreadable = etwas, das wir nicht lesen können: Zuletzt antwortete die Statusseite { $ago }.
page-never-read = etwas, das wir noch nicht lesen konnten.
page-link = [Statusseite](<{ $url }>)
page-more = und { $n } mehr
page-and-link = { $what } · { $link }
page-alone = Die Statusseite meldet Probleme, die unsere Abfragen nicht zeigen.
page-behind = Die eigene Statusseite hat es noch nicht bemerkt.
page-headline-unknown = keine Überschrift
state-unknown = etwas Neues
state-investigating = Wird untersucht
state-identified = Ursache gefunden
state-monitoring = Wird beobachtet
state-resolved = Gelöst

# The people's voice.
people-report = **Leute melden** Fehler: { $n ->
    [one] eine Person
   *[other] { $n } Personen
} in den letzten 15 Minuten.
people-report-alone = { people-report } Unsere Abfragen zeigen das nicht.
people-too = { $n ->
    [one] eine Person sieht es auch
   *[other] { $n } Personen sehen es auch
}
looked = Abgefragt { $ago }
next-look = nächste Abfrage { $ago }

# One service's line.
service-down-with = ausgefallen, { $evidence }
service-partly-with = teilweise gestört, { $evidence }
service-slow-with = langsam, { $evidence }
service-up-with = verfügbar, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % erfolgreich in der letzten Stunde
