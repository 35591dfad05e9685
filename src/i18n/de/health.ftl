# How well something is, what failed, and who says so.
level-up = verfügbar
level-degraded = langsam oder teilweise gestört
level-outage = ausgefallen
level-maintenance = in Wartung
level-unknown = unbekannt
level-reported = von der Statusseite gemeldet
level-slow = langsam

# What a check met, where no words came with it.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = ein Dienst hinter dem Gateway ist nicht erreichbar
symptom-upstream-timeout = ein Dienst hinter dem Gateway antwortet nicht
symptom-envoy-empty = eine leere Antwort
symptom-edge-error = eine Fehlerseite des Gateways
symptom-api-server-error = ein Serverfehler
symptom-server-error = ein Serverfehler
symptom-empty = eine leere Antwort
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
from-location = , aus { $location }
see-failing = **Unsere Prüfungen** schlagen seit { $at } ({ $ago }) fehl{ $from }.
see-failing-partly = **Ein Teil unserer Prüfungen** schlägt seit { $at } ({ $ago }) fehl{ $from }.
see-failures = **Unsere Prüfungen** finden seit { $at } ({ $ago }) Fehler{ $from }.
see-failures-at-least = **Unsere Prüfungen** finden Fehler, den ersten um { $at }{ $from }; begonnen hat es vielleicht früher.
see-nothing-of-it = **Unsere Prüfungen** zeigen es nicht: Sie sind erfolgreich{ $from }.
see-passing-again = **Unsere Prüfungen** gelingen wieder; der erste Fehler war um { $at }{ $from }.
see-slow = **Unsere Prüfungen** sind seit { $at } ({ $ago }) langsam{ $from }.
see-failed-several = **Unsere Prüfungen** fanden zwischen { $at } und { $until } Fehler{ $from }.
see-failed = **Unsere Prüfungen** schlugen zwischen { $at } und { $until } fehl{ $from }: { $evidence }.
see-failed-partly = **Ein Teil unserer Prüfungen** schlug zwischen { $at } und { $until } fehl{ $from }: { $evidence }.
see-was-slow = **Unsere Prüfungen** waren zwischen { $at } und { $until } langsam{ $from }: { $evidence }.
see-checks-pass = **Unsere Prüfungen**: { $n ->
    [one] Der Dienst besteht
   *[other] Alle { $n } Dienste bestehen
} sie{ $from }; die neueste { $ago }.
see-checks-some = **Unsere Prüfungen**: { $n } von { $all } Diensten bestehen sie{ $from }; die neueste { $ago }.
see-nothing-yet = **Unsere Prüfungen**: Die ersten laufen.
see-blind = **Unsere Prüfungen** sehen seit { $at } nichts: Unser eigenes Netz ist gestört, das sagt nichts über { $whole }.
see-rate-limited = **Unsere Prüfungen** sehen gerade nichts: Rate Limit bis { $at }, das sagt nichts über den Dienst.
see-stale = **Unsere Prüfungen** sind alt: Die neueste endete { $ago }.
see-partly = **Unsere Prüfungen**: Einige sind erfolgreich, einige schlagen fehl{ $from }; die neueste { $ago }.

# The status page's voice.
page-says = **Statusseite von { $whole }**: { $what }
page-nothing-yet = zeigt es noch nicht ({ $headline }).
page-nothing = noch nichts.
page-incident = { $state } ({ $ago })
page-incident-text = { $state }: { $text } ({ $ago })
page-shows = { $headline } (gelesen { $ago })
page-shows-red = **Die Statusseite von { $whole } zeigt** { $name } rot, ohne Meldung ({ $ago })
page-said = **Die Statusseite von { $whole }** sagte { $said }.
page-said-at = { $state } um { $at }
page-unreadable = nicht lesbar; zuletzt antwortete sie { $ago }.
page-never-read = noch nicht gelesen.
page-link = [öffnen](<{ $url }>)
page-more = und { $n } weitere
page-and-link = { $what } · { $link }
page-alone = Die Statusseite meldet Probleme, die unsere Prüfungen nicht zeigen.
page-behind = Die eigene Statusseite zeigt es noch nicht.
page-headline-unknown = keine Überschrift
state-unknown = eine Aktualisierung
state-investigating = Wird untersucht
state-identified = Ursache gefunden
state-monitoring = Wird beobachtet
state-resolved = Behoben
state-in-progress = In Arbeit
state-verifying = Wird geprüft
state-shown = rot ohne Meldung
state-quoted = „{ $state }“

# The people's voice.
people-report = **Leute hier**: { $n ->
    [one] eine Meldung
   *[other] { $n } Meldungen
} in den letzten 15 Minuten.
people-report-alone = { people-report } Unsere Prüfungen zeigen es nicht.
people-too = { $n ->
    [one] eine Person sieht es auch
   *[other] { $n } Personen sehen es auch
}
checked = Geprüft { $ago }
checks-every = Prüfung alle { $every }

# One service's line.
service-down-with = ausgefallen, { $evidence }
service-partly-with = teilweise gestört, { $evidence }
service-slow-with = langsam, { $evidence }
service-up-with = verfügbar, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % erfolgreich in der letzten Stunde
