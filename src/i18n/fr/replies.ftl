# What answers to commands say: status and about.
headline-own-network = ⚪ **Impossible de dire comment va { $whole }** : notre propre réseau est en panne.
headline-not-checked = ⚪ **Impossible de dire comment va { $whole } pour l’instant** : les premières vérifications sont en cours.
headline-stale = ⚪ **Impossible de dire comment va { $whole }** : aucune vérification ne s’est terminée récemment.
headline-not-sure = **{ $subject } { $n ->
    [one] échoue
   *[other] échouent
} à nos vérifications**, mais pas depuis assez longtemps pour en être sûrs.
headline-unknown = ⚪ **Impossible de dire comment { $n ->
    [one] va
   *[other] vont
} { $subject }** ; tout le reste passe nos vérifications.
headline-up = 🟢 **{ $whole } est en service** : { $n ->
    [one] son service passe
   *[other] ses { $n } services passent
} nos vérifications
headline-up-one = 🟢 **{ $subject } est en service** : nos vérifications passent
status-not-your-code = Ce n’est pas ton code. Espace tes tentatives et garde tes tokens.
status-more = … la suite avec /statut et un service
button-refresh = Actualiser
button-meaning = Qu’est-ce que ça veut dire ?
button-fails = Ça ne marche pas chez moi
button-day = Dernières 24 h

# /about
about-name = **Healthy Upstream { $version }** dit si { $whole } est en panne, ou si ça vient de toi.
about-watched = Surveillé : { $services }{ $from }.
about-checks = { $n ->
    [one] Une source, vérifiée
   *[other] { $n } sources, chacune vérifiée
} toutes les { $every }.
about-checks-now = { $n ->
    [one] Une source est en cours
   *[other] { $n } sources sont en cours
} de vérification.
about-faq = La FAQ répond à { $n } questions : /faq, ou colle une erreur dans /diagnostic.
about-ask = Pour tout le monde : /statut, /pannes, /disponibilité. Pour la modération : /alertes abonner publie dans un salon quand ça tombe et quand ça revient.
about-privacy = Ce bot ne lit aucun message. Conservés : les réglages des serveurs, et qui veut être prévenu, jusqu’à ce que ce soit fait. /alertes supprimer-données ou **Oublie-moi** supprime tout.
about-open = Pas une création de { $whole } ; logiciel libre, MIT ou Apache-2.0.
button-details = Détails
button-forget-me = Oublie-moi
about-budgets-title = **Budgets de requêtes**
about-budgets-none = Aucun budget de requêtes n’a encore été entamé.
about-budget = • { $host } : encore { $left } requêtes sur { $all } par minute
about-budget-refused = {" "}· { $source } est limitée (rate limit) jusqu’au { $at } : { $why }
about-sessions = • Discord : { $begun } nouvelles connexions utilisées sur { $all } par jour
about-sources-title = **Sources**
about-source = • { $source } : { $said }, vérifiée { $ago }
about-source-never = • { $source } : pas encore vérifiée
about-source-refused = {" "}· limitée (rate limit) jusqu’au { $at }
about-stored-title = **Ce qui est conservé, et combien de temps**
about-stored = • Par salon : ses réglages, jusqu’à son désabonnement ; 30 jours de plus si le salon ou le bot est retiré.
about-stored-people = • Par personne : seulement les membres qui ont appuyé sur « Me prévenir au retour », jusqu’à ce que ce soit fait (appuyer encore annule) ; un nombre de signalements, sous un hash supprimé avec la panne.
about-stored-texts = • Textes collés et messages : jamais conservés.
about-delete = Supprimer : /alertes supprimer-données pour un serveur, **Oublie-moi** pour toi. /alertes exporter-données donne à la modération ce qui est conservé sur son serveur.

# Notes and refusals, for the asker alone.
note-stands-already = La même réponse est déjà ici : { $link }
note-counted-already = Ton signalement est déjà compté. Merci.
note-enough-wait = 100 personnes l’ont déjà demandé ici, et un message ne peut pas en mentionner davantage. Le rétablissement sera publié ici de toute façon.
note-not-saved = Impossible d’enregistrer pour l’instant ; rien n’a changé. Réessaie dans une minute.
note-in-doubt = Aucune réponse à l’enregistrement : c’est peut-être fait, peut-être pas. Réessaie dans une minute pour en être sûr.
note-alerts-in-doubt = Aucune réponse à l’enregistrement : c’est peut-être fait, peut-être pas. Vérifie avec /alertes liste dans une minute, et redemande si ça n’y est pas.
note-store-away = Impossible de lire ou d’enregistrer quoi que ce soit pour l’instant ; rien n’a changé. Le statut en direct fonctionne toujours. Réessaie dans une minute.
note-will-notify-here = Quand { $subject } { $n ->
    [one] sera
   *[other] seront
} de retour, nous te mentionnerons ici, une fois.
note-will-notify-direct = Quand { $subject } { $n ->
    [one] sera
   *[other] seront
} de retour, tu recevras un message privé.
note-will-not-notify = Annulé : tu ne seras pas prévenu. Appuie encore si tu changes d’avis.
forgotten = Oublié : où tu voulais être prévenu, et ce que tu as signalé. Je ne conserve rien sur toi.
forgotten-files = **Oublié maintenant :** où tu voulais être prévenu, et ce que tu as signalé. **D’ici une heure**, cela aura aussi disparu de mes fichiers et des sauvegardes horaires. Un hash de ton identifiant reste, pour qu’aucun ancien export ne le ramène.
forgotten-database = **Oublié maintenant :** où tu voulais être prévenu, et ce que tu as signalé. Les sauvegardes de la base de données durent tant que mon opérateur les garde. Un hash de ton identifiant reste, pour qu’aucun ancien export ne le ramène.
note-sorry = Désolé, quelque chose a échoué de notre côté. Si ça se reproduit, donne cet identifiant à l’opérateur : `{ $id }`
note-slow-down = Pas si vite. Réessaie { $at }.
misuse-full = Ce serveur a { $n ->
    [one] un abonnement
   *[other] { $n } abonnements
}, c’est la limite. Retires-en d’abord un avec /alertes désabonner.
misuse-service = Je ne surveille pas « { $named } ». Je surveille : { $known }.
misuse-no-such-outage = Je ne connais pas cette panne. /pannes liste celles que je connais.
misuse-cannot-notify-here = Je ne peux pas écrire dans ce salon, donc je ne peux pas te prévenir ici. Il me manque la permission { $permissions }.
misuse-old-button = Ce bouton vient d’une de mes anciennes versions. Redemande avec une commande, par exemple /statut.
misuse-no-direct = Je n’ai pas pu t’envoyer de message privé, donc je ne peux pas te prévenir au retour : { $why }. Rien n’a été enregistré.
misuse-needs-discord = Ça ne marche que dans Discord.
permission-view-channel = Voir le salon
permission-send-messages = Envoyer des messages
permission-attach-files = Joindre des fichiers
permission-read-message-history = Voir les anciens messages
permission-mention-everyone = Mentionner @everyone, @here et tous les rôles
permission-connect = Se connecter
permission-create-public-threads = Créer des fils publics
permission-send-messages-in-threads = Envoyer des messages dans les fils

# /outages and /uptime.
outages-none = 🟢 **{ $whole }, { $days ->
    [one] dernier jour
   *[other] { $days } derniers jours
}** : aucune panne connue de nous ou de sa page.
outages-title = { $symbol } **{ $whole }, { $days ->
    [one] dernier jour
   *[other] { $days } derniers jours
}** : { $n ->
    [one] une panne, finie
   *[other] { $n } pannes, toutes finies
}.
outages-title-open = { $symbol } **{ $whole }, { $days ->
    [one] dernier jour
   *[other] { $days } derniers jours
}** : { $n ->
    [one] une panne, toujours en cours
   *[other] { $n } pannes, dont { $open ->
        [one] une
       *[other] { $open }
    } toujours en cours
}.
outages-line = { $symbol } { $at } · { $what }
outages-what = { $subject } : { $level } pendant { $span }
outages-what-open = { $subject } : { $level }, depuis { $span }
outages-more = et { $n } de plus ; elles sont dans le menu
outages-hint = Ouvrir une panne en chronologie
timeline-skipped = … { $n } autres moments …
timeline-first-bad = **{ $service }** : première vérification en échec, { $evidence }
timeline-posted = nous étions sûrs et l’avons publié
timeline-became = **{ $service }** : { $symbol } { $level }
timeline-first-good = **{ $service }** : passe de nouveau nos vérifications
timeline-page = page de { $whole } : { $state }
timeline-page-text = page de { $whole } : { $state } : { $text }
timeline-page-withdrew = la page a retiré son signalement
timeline-reopened = ça a échoué de nouveau
timeline-flapping = ça commence à tomber et revenir sans cesse
timeline-ended = fini
button-page = Page de statut
uptime-title-quiet = 🟢 **{ $whole }, sur { $window }** : aucune panne.
uptime-title = { $symbol } **{ $whole }, sur { $window }** : { $n ->
    [one] une panne, finie
   *[other] { $n } pannes, toutes finies
}.
uptime-title-open = { $symbol } **{ $whole }, sur { $window }** : { $n ->
    [one] une panne, toujours en cours
   *[other] { $n } pannes, dont { $open ->
        [one] une
       *[other] { $open }
    } toujours en cours
}.
uptime-service-well = 🟢 **{ $service }** : { $share } %
uptime-service = { $symbol } **{ $service }** : { $share } % · en panne { $down }
uptime-checks-well = 🟢 **{ $service }** : disponible { $share } % du temps
uptime-checks = { $symbol } **{ $service }** : disponible { $share } % du temps · en panne { $down }
uptime-checks-none = ⚪ **{ $service }** : aucune donnée
uptime-trouble = {" "}· problèmes { $trouble }
uptime-foot-checks = { $span } de données{ $from }, depuis le { $since }. Temps de panne d’après nos vérifications et la page de { $whole } · détails : /pannes
uptime-foot = Part du temps sans panne, d’après nos vérifications{ $from } et la page de { $whole } · détails : /pannes
window-24h = 24 heures
window-7d = 7 jours
window-30d = 30 jours
window-90d = 90 jours
