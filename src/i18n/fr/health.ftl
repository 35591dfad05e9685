# How well something is, what failed, and who says so. Levels agree with no gender: they follow any service's name.
level-up = en service
level-degraded = au ralenti ou en panne partielle
level-outage = en panne
level-maintenance = en maintenance
level-unknown = dans un état inconnu

# What a look met, where no words came with it.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = un service derrière l’entrée est injoignable
symptom-upstream-timeout = un service derrière l’entrée ne répond pas
symptom-envoy-empty = une réponse vide
symptom-edge-error = une page d’erreur de l’entrée
symptom-api-server-error = une erreur serveur
symptom-server-error = une erreur serveur
symptom-empty = une réponse sans contenu
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
from-place = , vu de { $place }
see-looks-failed = **Nous voyons** { $n ->
    [one] une vérification en échec
   *[other] { $n } vérifications en échec d’affilée
} depuis { $at } ({ $ago }){ $from }.
see-failures = **Nous voyons** des échecs depuis { $at } ({ $ago }){ $from }.
see-failures-at-least = **Nous voyons** des échecs depuis { $at } au plus tard, à la première vérification de ce bot{ $from }.
see-nothing-of-it = **Nous n’en voyons** rien : nos vérifications passent{ $from }.
see-looks-through = **Nous voyons** { $n ->
    [one] notre vérification passer
   *[other] nos vérifications de { $n } services passer
}{ $from } ; la dernière { $ago }.
see-looks-some = **Nous voyons** passer nos vérifications de { $n } services sur { $all }{ $from } ; la dernière { $ago }.
see-nothing-yet = **Nous ne voyons** rien encore : les premières vérifications sont en route.
see-blind = **Nous ne voyons** rien depuis { $at } : notre propre réseau est en panne, ce qui ne dit rien de { $whole }.
see-rate-limited = **Nous ne voyons** rien pour l’instant : nos requêtes sont limitées jusqu’à { $at } ({ $ago }), ce qui ne dit rien du service.
see-stale = **Nous voyons** ce que nous avons vu { $ago } : rien de plus récent n’est arrivé.
see-partly = **Nous voyons** des vérifications échouer et d’autres passer{ $from } ; la dernière { $ago }.

# The status page's voice.
page-says = **{ $whole } dit** { $what }
page-nothing-yet = rien pour l’instant ; sa page affiche { $headline }.
page-nothing = rien pour l’instant.
page-incident = « { $state } » ({ $ago })
page-incident-text = « { $state } » : { $text } ({ $ago })
page-shows = { $headline } (lu { $ago })
page-unreadable = quelque chose que nous ne pouvons pas lire : sa page a répondu pour la dernière fois { $ago }.
page-never-read = quelque chose que nous n’avons pas encore pu lire.
page-link = [page de statut](<{ $url }>)
page-more = et { $n } de plus
page-and-link = { $what } · { $link }
page-alone = Sa page signale des problèmes que nos vérifications ne montrent pas.
page-behind = Leur propre page n’a encore rien remarqué.
page-headline-unknown = aucun titre
state-unknown = du nouveau
state-investigating = Enquête en cours
state-identified = Cause identifiée
state-monitoring = Sous surveillance
state-resolved = Résolu

# The people's voice.
people-report = **Des gens signalent** des échecs : { $n ->
    [one] { $n } personne
   *[other] { $n } personnes
} ces 15 dernières minutes.
people-report-alone = { people-report } Nos vérifications ne le montrent pas.
people-too = { $n ->
    [one] { $n } personne le voit aussi
   *[other] { $n } personnes le voient aussi
}
looked = Vérifié { $ago }
next-look = prochaine vérification { $ago }

# One service's line.
service-down-with = en panne, { $evidence }
service-partly-with = en panne partielle, { $evidence }
service-slow-with = au ralenti, { $evidence }
service-up-with = en service, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % de réussite sur la dernière heure
