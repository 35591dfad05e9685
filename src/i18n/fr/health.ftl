# How well something is, what failed, and who says so. Levels agree with no gender: they follow any service's name.
level-up = en service
level-degraded = au ralenti ou en panne partielle
level-outage = en panne
level-maintenance = en maintenance
level-unknown = dans un état inconnu
level-reported = signalé par la page de statut
level-slow = lent

# What a check met, where no words came with it.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = un service derrière la passerelle est injoignable
symptom-upstream-timeout = un service derrière la passerelle ne répond pas
symptom-envoy-empty = une réponse vide
symptom-edge-error = une page d’erreur de la passerelle
symptom-api-server-error = une erreur serveur
symptom-server-error = une erreur serveur
symptom-empty = une réponse vide
symptom-tls-expired = son certificat a expiré
symptom-tls = pas de connexion sécurisée
symptom-dns = son nom ne se résout pas
symptom-connect = pas de connexion
symptom-timeout = pas de réponse à temps
symptom-reset = la connexion a été coupée
symptom-with-status = { $status }, { $symptom }

# Lists of names.
list-pair = { $first } et { $second }
list-comma = { $first }, { $second }
list-more = { $names } et { $n } de plus

# Our own voice.
from-location = , vu de { $location }
see-failing = **Nos vérifications** échouent depuis { $at } ({ $ago }){ $from }.
see-failing-partly = **Une partie de nos vérifications** échoue depuis { $at } ({ $ago }){ $from }.
see-failures = **Nos vérifications** relèvent des échecs depuis { $at } ({ $ago }){ $from }.
see-failures-at-least = **Nos vérifications** relèvent des échecs, le premier à { $at }{ $from } ; cela a pu commencer plus tôt.
see-nothing-of-it = **Nos vérifications** ne le montrent pas : elles passent{ $from }.
see-passing-again = **Nos vérifications** passent à nouveau ; le premier échec était à { $at }{ $from }.
see-slow = **Nos vérifications** reçoivent des réponses lentes depuis { $at } ({ $ago }){ $from }.
see-failed-several = **Nos vérifications** ont relevé des échecs entre { $at } et { $until }{ $from }.
see-failed = **Nos vérifications** ont échoué entre { $at } et { $until }{ $from } : { $evidence }.
see-failed-partly = **Une partie de nos vérifications** a échoué entre { $at } et { $until }{ $from } : { $evidence }.
see-was-slow = **Nos vérifications** ont reçu des réponses lentes entre { $at } et { $until }{ $from } : { $evidence }.
see-checks-pass = **Nos vérifications** : { $n ->
    [one] le service passe
   *[other] les { $n } services passent
}{ $from } ; la dernière { $ago }.
see-checks-some = **Nos vérifications** : { $n } services sur { $all } passent{ $from } ; la dernière { $ago }.
see-nothing-yet = **Nos vérifications** : les premières sont en cours.
see-blind = **Nos vérifications** n’ont rien vu depuis { $at } : notre propre réseau est en panne, ce qui ne dit rien de { $whole }.
see-rate-limited = **Nos vérifications** ne voient rien pour l’instant : elles sont limitées (rate limit) jusqu’au { $at }, ce qui ne dit rien du service.
see-stale = **Nos vérifications** sont anciennes : la dernière s’est terminée { $ago }.
see-partly = **Nos vérifications** : certaines passent et d’autres échouent{ $from } ; la dernière { $ago }.

# The status page's voice.
page-says = **La page de statut de { $whole }** : { $what }
page-nothing-yet = ne le montre pas encore ({ $headline }).
page-nothing = rien pour l’instant.
page-incident = { $state } ({ $ago })
page-incident-text = { $state } : { $text } ({ $ago })
page-shows = { $headline } (lu { $ago })
page-shows-red = **La page de statut de { $whole } montre** { $name } en rouge, sans incident ({ $ago })
page-said = **La page de statut de { $whole }** a dit { $said }.
page-said-at = { $state } à { $at }
page-unreadable = illisible ; dernière réponse { $ago }.
page-never-read = pas encore lue.
page-link = [ouvrir](<{ $url }>)
page-more = et { $n } de plus
page-and-link = { $what } · { $link }
page-alone = Sa page signale des problèmes que nos vérifications ne montrent pas.
page-behind = Leur propre page ne le montre pas encore.
page-headline-unknown = aucun titre
state-unknown = une mise à jour
state-investigating = Enquête en cours
state-identified = Cause identifiée
state-monitoring = Sous surveillance
state-resolved = Résolu
state-in-progress = En cours
state-verifying = Vérification
state-shown = en rouge sans incident
state-quoted = « { $state } »

# The people's voice.
people-report = **Les gens ici** : { $n ->
    [one] { $n } signalement
   *[other] { $n } signalements
} ces 15 dernières minutes.
people-report-alone = { people-report } Nos vérifications ne le montrent pas.
people-too = { $n ->
    [one] { $n } personne le voit aussi
   *[other] { $n } personnes le voient aussi
}
checked = Vérifié { $ago }
checks-every = vérifié toutes les { $every }

# One service's line.
service-down-with = en panne, { $evidence }
service-partly-with = en panne partielle, { $evidence }
service-slow-with = au ralenti, { $evidence }
service-up-with = en service, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % de réussite sur la dernière heure
