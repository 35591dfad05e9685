# What /alerts says to moderators.
misuse-needs-manage-channels = Dafür brauchst du **Kanäle verwalten**.
misuse-needs-manage-channels-there = Dafür brauchst du **Kanäle verwalten** in <#{ $channel }>. Nichts wurde geändert.
misuse-needs-manage-channels-everywhere = Das betrifft den ganzen Server: Du brauchst **Kanäle verwalten** durch eine deiner Rollen, nicht nur in einzelnen Kanälen. Nichts wurde geändert.
misuse-server-unknown = Ich konnte die Rollen dieses Servers nicht lesen: { $why }. Nichts wurde geändert.
misuse-needs-server = /meldungen geht auf Servern, auf die ich eingeladen wurde. In einer Direktnachricht macht **Benachrichtigen, wenn es wieder geht** dasselbe nur für dich.
misuse-not-a-channel = In dieser Art von Kanal kann ich nicht schreiben. Wähle einen Text-, Ankündigungs- oder Forumkanal oder einen Thread.
misuse-lacking = Ich kann in <#{ $channel }> noch nicht schreiben. Mir fehlt dort: { $permissions }. Gib mir das und versuch es dann noch einmal. Nichts wurde gespeichert.
misuse-channel-unknown = Ich konnte <#{ $channel }> nicht lesen: { $why }. Nichts wurde gespeichert.
misuse-everyone = Ich pinge nie @everyone. Leg eine Rolle an, die sich jeder selbst geben kann, und wähle diese.
misuse-role-not-mentionable = Ich darf <@&{ $role }> nicht erwähnen. Erlaube allen, sie zu erwähnen (Servereinstellungen → Rollen), oder gib mir **`@everyone, @here und alle Rollen erwähnen`**. Nichts wurde gespeichert.
misuse-role-not-yours = Du darfst <@&{ $role }> selbst nicht erwähnen, also kannst du es mir nicht erlauben. Frag jemanden, der es darf.
misuse-not-subscribed = <#{ $channel }> ist nicht abonniert. /meldungen liste zeigt, was es ist.
misuse-nothing-missed = <#{ $channel }> hat in letzter Zeit nichts verpasst.
misuse-live-what = Nenne den Kanal für die Live-Statusnachricht, oder entferne sie mit aus:.
misuse-must-tag = In <#{ $channel }> braucht jeder Beitrag einen Tag, und den kann ich nicht wählen. Schalte in den Einstellungen dieses Forums die **Tag-Pflicht** ab, oder nenne einen anderen Kanal. Nichts wurde gespeichert.

# The settings card.
card-saved = ✅ **Gespeichert:** <#{ $channel }> bekommt einen Beitrag, wenn { $whole } ausfällt und wenn es wieder läuft.
card-title = ⚙️ **<#{ $channel }>**: Meldungen über { $whole }
card-services = • Dienste: { $services }
card-services-all = alle, auch später hinzugekommene
card-events = • Ereignisse: { $events }
card-events-none = keine: hier wird nichts gepostet
card-severity-outages = • Schwere: nur Ausfälle
card-severity-slowdowns = • Schwere: Ausfälle und Verlangsamungen
card-roles = • Pings zu Beginn: { $roles }
card-mode-edit = • Form: ein Beitrag, der aktuell bleibt; die Entwarnung ist ein neuer Beitrag
card-mode-posts = • Form: jede Änderung ein neuer Beitrag
card-mode-thread = • Form: ein Thread für jeden Ausfall
card-extras = • Extras: { $extras }
card-defaults = -# Standardeinstellungen: alle Dienste, nur Ausfälle, keine Pings. Unten lassen sie sich ändern.
card-paused = ⚠️ Pausiert seit { $at }: { $why }. Es geht von selbst weiter; /meldungen prüfen sagt, was zu tun ist.
card-roles-caution = -# Mir fehlt dort **`@everyone, @here und alle Rollen erwähnen`**: Von diesen Rollen kann ich nur die pingen, die jeder erwähnen darf.
hint-services = Dienste (alle, wenn du keinen wählst)
hint-events = Was gepostet wird
hint-roles = Rollen, die zu Beginn gepingt werden
hint-mode = In welcher Form
event-start = Es fällt aus
event-worse = Es wird schlimmer
event-end = Es ist wieder da
event-maintenance = Angekündigte Wartung
event-slowdowns = Auch Verlangsamungen
event-publish = An Follower veröffentlichen
event-start-about = Ein neuer Beitrag, wenn ein Ausfall beginnt
event-worse-about = Wenn es schlimmer wird oder einen weiteren Dienst trifft
event-end-about = Ein neuer Beitrag mit der wahren Dauer
event-maintenance-about = Wenn angekündigte Wartung beginnt und endet
event-slowdowns-about = Nicht nur Ausfälle: auch langsam oder teilweise gestört
event-publish-about = Beginn und Ende gehen an die Server, die diesem Kanal folgen
extra-quiet = leise (kein Ton)
extra-reminders = Erinnerungen, solange es dauert
extra-weekly = Wochenbericht
extra-publish = an Follower veröffentlicht
mode-edit = Ein Beitrag, der aktuell bleibt
mode-posts = Jede Änderung ein neuer Beitrag
mode-thread = Ein Thread für jeden Ausfall
mode-edit-about = Ein Beginn, der aktuell bleibt, kurze Antworten, wenn es schlimmer wird, und eine Entwarnung
mode-posts-about = Nichts wird bearbeitet
mode-thread-about = Der Kanal sieht den Beginn; der Rest steht in seinem Thread
button-quiet-on = Leise: an
button-quiet-off = Leise: aus
button-reminders-on = Erinnerungen: an
button-reminders-off = Erinnerungen: aus
button-weekly-on = Wochenbericht: an
button-weekly-off = Wochenbericht: aus
button-test = Test
button-unsubscribe = Abbestellen

# list, unsubscribe, test, live, delete-data, acknowledge.
list-none = Kein Kanal dieses Servers ist abonniert. /meldungen abonnieren fügt einen hinzu.
list-title = **{ $n ->
    [one] Ein Kanal dieses Servers hat
   *[other] { $n } Kanäle dieses Servers haben
} { $whole } abonniert** (höchstens { $allowed })
list-line = • <#{ $channel }>: { $services } · { $severity }{ $roles }{ $paused }
list-all-services = alle Dienste
list-outages = Ausfälle
list-slowdowns = Ausfälle und Verlangsamungen
list-roles = {" "}· pingt { $roles }
list-paused = {" "}· ⚠️ pausiert: { $why }
list-given-up = {" "}· ⚠️ aufgegeben: { $why }
list-gone = • <#{ $channel }>: nicht abonniert{ $lost }
list-foot = /meldungen abonnieren mit einem Kanal öffnet seine Einstellungen; /meldungen prüfen nennt, was nicht funktioniert.
button-list-back = Zurück
button-list-more = Mehr
unsubscribed = <#{ $channel }> ist abbestellt. Dort wird nichts mehr gepostet, auch nicht die Entwarnung zu einem laufenden Ausfall.
unsubscribed-nothing = <#{ $channel }> war schon abbestellt.
tested = Drei Vorschauen (Beginn, Änderung, Entwarnung) sind auf dem Weg nach <#{ $channel }>. Sie sind als Vorschau gekennzeichnet und pingen niemanden.
live-set = <#{ $channel }> hat jetzt die Live-Statusnachricht. Derselbe Befehl mit einem anderen Kanal verschiebt sie.
live-off = Die Live-Statusnachricht ist entfernt.
live-off-nothing = Es gab keine Live-Statusnachricht.
delete-ask = ⚠️ **Alles löschen, was über diesen Server gespeichert ist?** Das sind:
delete-count = • { $kind }: { $n }
stored-subscriptions = Abonnements
stored-set-aside = Abonnements eines entfernten Bots, die bei seiner Rückkehr wiederkommen
stored-deliveries = laufende Zustellungen
stored-given-up = fehlgeschlagene Zustellungen
stored-told = Beiträge, die aktuell gehalten werden
stored-boards = Live-Statusnachrichten
delete-nothing = Über diesen Server ist nichts gespeichert.
delete-foot = Kein Kanal bekommt dann noch Meldungen. Das lässt sich nicht rückgängig machen. /meldungen daten-export gibt dir vorher eine Kopie.
button-delete-yes = Alles löschen
deleted = **Jetzt gelöscht:** alles, was über diesen Server gespeichert war.
deleted-files = **Binnen einer Stunde** ist es auch aus meinen Dateien und stündlichen Sicherungen verschwunden. Was mein Betreiber von Hand anderswohin kopiert hat, bleibt dort. Ein Hash der ID dieses Servers bleibt hier, damit kein älterer Export es zurückbringt.
deleted-database = Sicherungen der Datenbank bleiben so lange, wie mein Betreiber sie aufhebt. Ein Hash der ID dieses Servers bleibt, damit kein älterer Export es zurückbringt.
deleted-posts = Was ich in euren Kanälen gepostet habe, bleibt dort, bis ihr es löscht.
exported = Alles, was über diesen Server gespeichert ist, in einer Datei: { $n ->
    [one] ein Eintrag
   *[other] { $n } Einträge
}. Nur du siehst sie.
exported-cut = Es gibt mehr, das nicht hineinpasste. Frag meinen Betreiber nach dem Rest.
acknowledged = Stummgeschaltet: Zu diesem Ausfall wird hier nur noch die Entwarnung gepostet.
acknowledged-nothing = Es gab nichts stummzuschalten: Dieser Kanal ist nicht abonniert, oder der Ausfall ist vorbei.
acknowledge-over = Es ist vorbei; es gibt nichts mehr stummzuschalten.

# doctor.
doctor-title-well = { $n ->
    [one] ✅ **Das eine Abonnement dieses Servers funktioniert.**
   *[other] ✅ **Alle { $n } Abonnements dieses Servers funktionieren.**
}
doctor-title = ⚠️ **{ $n ->
    [one] Ein Abonnement braucht
   *[other] { $n } Abonnements brauchen
} deine Aufmerksamkeit:**
doctor-title-unchecked = ⚠️ **{ $n ->
    [one] Ein Abonnement konnte
   *[other] { $n } Abonnements konnten
} nicht geprüft werden:**
doctor-paused = { $mark } <#{ $channel }>: Discord weist mich seit { $at } ab: { $why }. **Lösung:** { $fix } Der nächste Versuch ist um { $retry }, dann geht es von selbst weiter.
doctor-missed = { $mark } <#{ $channel }>: Eine Meldung wurde nicht gepostet: { $why }.
doctor-gone = { $mark } <#{ $channel }>: Diesen Kanal gibt es nicht mehr. **Lösung:** Abonniere mit /meldungen abonnieren einen anderen.
doctor-lacking = { $mark } <#{ $channel }>: Dort kann ich nichts posten. **Lösung:** { $fix }
doctor-unchecked = { $mark } <#{ $channel }>: Diesen Kanal konnte ich nicht prüfen: { $why }. Frag später noch einmal.
doctor-no-time = die Zeit reichte nicht
doctor-more = … und { $n ->
    [one] noch eines
   *[other] noch { $n }
}: Behebe erst diese, dann frag noch einmal.
doctor-fix-access = Gib meiner Rolle { $permissions } in diesem Kanal.
doctor-fix-thread = Öffne den Thread wieder, oder abonniere seinen Kanal.
doctor-fix-tag = Schalte in den Einstellungen dieses Forums die **Tag-Pflicht** ab.
doctor-fix-other = Prüfe die Rechte meiner Rolle in diesem Kanal und in seiner Kategorie.
button-post-now = Jetzt posten
button-post-now-in = Jetzt posten ({ $n })
posting-now = Was <#{ $channel }> verpasst hat, ist auf dem Weg.
