# What posts say when outages start, change and end.
outage-down = **{ $subject } { $n ->
    [one] est
   *[other] sont
} en panne**
outage-trouble = **{ $subject } { $n ->
    [one] a
   *[other] ont
} des problèmes**
outage-slow = **{ $subject } { $n ->
    [one] répond
   *[other] répondent
} lentement**
outage-page-down = **La page de { $whole } signale une panne : { $subject }**
outage-page-trouble = **La page de { $whole } signale des problèmes : { $subject }**
outage-page-shown = **La page de statut de { $whole } montre une panne de { $subject }**
outage-page-flapping = **La page de { $whole } signale sans cesse des problèmes avec { $subject }**
outage-flapping = **{ $subject } { $n ->
    [one] tombe et revient
   *[other] tombent et reviennent
} sans cesse**
outage-maintenance = **{ $subject } : maintenance**
headline-for = { $headline }, depuis { $span }
headline-evidence = { $headline } : { $evidence }
preview = Aperçu, tout va bien : { $line }
preview-foot = Ceci est un aperçu : personne n’est notifié et rien n’est compté.
posted-late = Publié avec { $span } de retard ; connu depuis { $at }.
service-since = { $symbol } **{ $service }** : { $state }, depuis { $at }
service-back = 🟢 **{ $service }** : de retour depuis { $at }, après { $span }
during-work = Pendant des travaux annoncés : { $whole } les appelle { $title }.
part-of-checks = { $n } { $n ->
    [one] vérification sur { $all } échoue
   *[other] vérifications sur { $all } échouent
}.
still-answering = Toujours en service : { $services }.
do-and-dont = **Développeurs :** réessayez avec un backoff. Ne déconnectez pas les utilisateurs, ne changez pas les clés.
foot-edit = Ce message se met à jour tout seul. Un nouveau suivra quand ce sera fini.
foot-posts = Les changements et le rétablissement suivront dans de nouveaux messages.
foot-thread = Les changements et le rétablissement suivront dans ce fil.
foot-ended = Rétabli { $ago } ; voir le message ci-dessous.
foot-ended-thread = Rétabli { $ago } ; voir le fil.
more-in-outages = … la suite avec /pannes id:{ $id }

# It changes.
joined = { $symbol } **{ $subject } { $n ->
    [one] a aussi
   *[other] ont aussi
} des problèmes maintenant**
worse-down = { $symbol } **{ $subject } : ça s’aggrave, en panne maintenant**
worse-trouble = { $symbol } **{ $subject } : ça s’aggrave**
reopened = { $symbol } **{ $subject } { $n ->
    [one] retombe
   *[other] retombent
} en panne.** Pour nous, c’est la même panne ; elle dure depuis { $span }.
ask-again = Si vous avez déjà été mentionné : appuyez de nouveau sur le bouton pour être prévenu du rétablissement.
reopened-page = { $symbol } **La page de { $whole } signale de nouveau des problèmes avec { $subject }** ; pour nous, c’est la même panne ; elle dure depuis { $span }.
back-partly = 🟢 **{ $subject } { $n ->
    [one] est
   *[other] sont
} de retour.** Pas encore : { $rest }.
better = { $symbol } **{ $subject } : ça va mieux, mais ce n’est pas fini**
page-spoke = { $symbol } **La page de { $whole } indique maintenant { $state }** pour { $subject }
confirmed = Nos propres vérifications échouent aussi maintenant : la page de { $whole }, qui l’a signalé la première, avait raison.
page-closed-open = { $symbol } **La page de { $whole } a clos son signalement**, mais nos vérifications échouent toujours : { $subject }.
page-closed = { $symbol } **La page de { $whole } a clos son signalement** sur { $subject }.
page-closed-after = 🟢 **La page de { $whole } a clos son signalement** : { $subject }, { $span } après le retour de nos vérifications à la normale.
since-part = Depuis { $at } · { $rest }
reminder = { $symbol } **{ $subject } { $n ->
    [one] est
   *[other] sont
} toujours { $level }**, depuis { $span }
reminder-foot = Rappel { $n } ; le prochain viendra après une pause plus longue.
flapping-count = { $symbol } { $headline } : { $n ->
    [one] une fois
   *[other] { $n } fois
} en { $span }
flapping-foot = Ce message tient le compte à jour. Un nouveau suivra quand ce sera stable depuis un moment.

# It ends.
end-down = 🟢 **{ $subject } { $n ->
    [one] est
   *[other] sont
} de retour.** La panne a duré { $span }.
end-trouble = 🟢 **{ $subject } { $n ->
    [one] fonctionne
   *[other] fonctionnent
} de nouveau normalement.** Les problèmes ont duré { $span }.
end-slow = 🟢 **{ $subject } { $n ->
    [one] répond
   *[other] répondent
} de nouveau vite.** La lenteur a duré { $span }.
end-flapping = 🟢 **{ $subject } { $n ->
    [one] est
   *[other] sont
} de retour.** La panne est revenue { $times } fois en { $span }.
end-page = 🟢 **La page de { $whole } a clos son signalement : { $subject }.** Il est resté ouvert { $span }.
end-page-withdrawn = 🟢 **La page de { $whole } a retiré son signalement : { $subject }.** Il est resté ouvert { $span }.
end-page-shown = 🟢 **La page de statut de { $whole } montre { $subject } de nouveau en service**, après { $span }.
resolved-down = 🟢 **Résolu** : { $subject } { $n ->
    [one] a été
   *[other] ont été
} en panne pendant { $span }
resolved-trouble = 🟢 **Résolu** : { $subject } { $n ->
    [one] a eu
   *[other] ont eu
} des problèmes pendant { $span }
resolved-slow = 🟢 **Résolu** : { $subject } { $n ->
    [one] a répondu
   *[other] ont répondu
} lentement pendant { $span }
resolved-flapping = 🟢 **Résolu** : la panne de { $subject } est revenue { $times } fois en { $span }
resolved-page = 🟢 **Résolu** : la page de { $whole } a signalé des problèmes pendant { $span } : { $subject }
resolved-page-shown = 🟢 **Résolu** : la page de statut de { $whole } a montré une panne pendant { $span } : { $subject }
resolved-service = • **{ $service }** : { $evidence }, de { $from } à { $until }
end-once-down = 🟢 **{ $subject } { $n ->
    [one] a
   *[other] ont
} été en panne pendant { $span }** et { $n ->
    [one] est
   *[other] sont
} de retour.
end-once-trouble = 🟢 **{ $subject } : des problèmes pendant { $span }**, retour à la normale.
end-once-page = 🟢 **La page de { $whole } a signalé des problèmes pendant { $span } : { $subject }** ; le signalement est clos.
end-first-bad = • { $at } première vérification en échec{ $told }
end-first-slow = • { $at } première réponse lente{ $told }
end-alert-after = {" "}(alerte envoyée { $span } plus tard)
end-service = • **{ $service }** : de { $from } à { $until } ({ $span })
end-stretches = • { $n } pannes : { $stretches }
end-stretch = de { $from } à { $until } ({ $span })
end-page-said = • { $at } page de { $whole } : { $state }
end-page-said-after = { end-page-said }, { $span } après nous
end-page-said-before = { end-page-said }, { $span } avant nous
end-first-good = • { $at } rétabli
end-page-closed = • { $at } page de { $whole } : clos
end-page-up = • { $at } page de { $whole } : de nouveau en service
end-flaps = C’est tombé et revenu { $n ->
    [one] une fois
   *[other] { $n } fois
}.
end-page-still = La page de { $whole } indique encore { $state }.
end-page-silent = La page de { $whole } n’en a jamais parlé.
end-page-resolved = La page de { $whole } indique « Résolu ».
end-page-withdrew = La page de { $whole } a retiré son signalement.
end-no-cause = Aucune cause donnée pour l’instant.
end-once-foot = Publié une seule fois, une fois la panne finie.
recovery-subscribers = Vous vouliez être prévenus : { $people }

# Maintenance.
maintenance-start = 🔧 **{ $subject } : la maintenance a commencé**
maintenance-title = { $whole } l’appelle { $title }.
maintenance-foot = Maintenance annoncée ; les échecs survenus entre-temps en font partie.
maintenance-end = 🟢 **{ $subject } : la maintenance est finie.** Elle a duré { $span }.

# Buttons.
button-me-too = Je le vois aussi
button-notify-me = Me prévenir au retour
button-acknowledge = Mettre cette panne en sourdine ici

# The live status message and the weekly report.
live-foot = Ce message se met à jour tout seul · s’il a plus de 15 minutes, c’est ce bot qui est en panne, pas { $whole }
live-checked = Vérifié { $ago }, dessiné { $drawn }
weekly-days = Du { $from } au { $until } :
weekly-quiet = 🟢 **{ $whole }, cette semaine** : aucune panne constatée{ $from }.
weekly-sums = { $symbol } **{ $whole }, cette semaine** : { $n ->
    [one] une panne
   *[other] { $n } pannes
}, { $span } en tout.
weekly-service = • **{ $service }** : { $share } % du temps sans panne
weekly-outage = • { $at } { $subject } : { $span }
weekly-more = • et { $n } de plus
weekly-foot = D’après nos vérifications et la page de { $whole } · /alertes abonner change ou arrête ce rapport

# Pourquoi quelque chose a échoué, quand ce ne sont pas les mots de Discord.
reason-rate-limited = Discord me demande d’attendre (429)
reason-own-limit = je dois attendre à cause de la limite de requêtes de Discord
reason-answered = Discord a répondu par une erreur ({ $code })
reason-in-front = un proxy devant Discord m’a refusé ({ $code })
reason-no-answer = Discord n’a pas répondu à temps
reason-no-connection = il n’y avait pas de connexion à Discord
reason-cut = la connexion à Discord a été coupée
reason-unreadable = la réponse de Discord était illisible
reason-stopping = je suis en train de redémarrer
reason-request = la requête n’a pas pu être faite
reason-file-large = il dépasse 1 Mio
reason-file-elsewhere = il n’est pas hébergé par Discord
reason-unknown-channel = ce salon n’existe pas (10003)
reason-unknown-message = ce message n’existe pas (10008)
reason-malformed = Discord a rejeté mon message, mal formé (50035)
reason-unauthorized = Discord a rejeté mon token
reason-over = l’interaction a expiré ({ $code })
reason-no-direct = cette personne n’accepte pas de messages privés (50007)
reason-thread-closed = le fil est fermé ({ $code })
reason-no-history = il m’y manque la permission « Voir les anciens messages » (50013)
reason-too-late = c’était fini depuis plus d’un jour et n’a pas pu être publié avant
reason-channel-gone = le salon n’existe plus
reason-removed = j’ai été retiré du serveur
