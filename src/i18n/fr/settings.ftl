# What /alerts says to moderators.
misuse-needs-manage-channels = Il te faut **Gérer les salons** pour ça.
misuse-needs-manage-channels-there = Il te faut **Gérer les salons** dans <#{ $channel }> pour ça. Rien n’a été modifié.
misuse-needs-manage-channels-everywhere = Cela concerne tout le serveur : il te faut **Gérer les salons** par l’un de tes rôles, pas seulement dans certains salons. Rien n’a été modifié.
misuse-server-unknown = Je n’ai pas pu lire les rôles de ce serveur : { $why }. Rien n’a été modifié.
misuse-needs-server = /alertes marche sur les serveurs où l’on m’a invité. En message privé, **Me prévenir au retour** fait la même chose pour toi seul.
misuse-not-a-channel = Je ne peux pas écrire dans ce type de salon. Choisis un salon textuel, d’annonces ou un forum, ou un fil.
misuse-lacking = Je ne peux pas encore écrire dans <#{ $channel }>. Il m’y manque { $permissions }. Ajoute ça, puis réessaie. Rien n’a été enregistré.
misuse-channel-unknown = Je n’ai pas pu lire <#{ $channel }> : { $why }. Rien n’a été enregistré.
misuse-everyone = Je ne notifie jamais @everyone. Crée un rôle que chacun peut prendre, et choisis celui-là.
misuse-role-not-mentionable = Je n’ai pas le droit de mentionner <@&{ $role }>. Permets à tout le monde de le mentionner (Paramètres du serveur → Rôles), ou donne-moi **`Mentionner @everyone, @here et tous les rôles`**. Rien n’a été enregistré.
misuse-role-not-yours = Tu n’as pas le droit de mentionner <@&{ $role }> toi-même, donc tu ne peux pas me le permettre. Demande à quelqu’un qui l’a.
misuse-not-subscribed = <#{ $channel }> n’est pas abonné. /alertes liste montre ce qui l’est.
misuse-nothing-missed = <#{ $channel }> n’a rien manqué récemment.
misuse-live-what = Indique le salon du message de statut en direct, ou utilise arrêt: pour le retirer.
misuse-must-tag = Dans <#{ $channel }>, chaque post a besoin d’un tag, et je ne peux pas le choisir. **N’exige plus de tags** dans les paramètres de ce forum, ou indique un autre salon. Rien n’a été enregistré.

# The settings card.
card-saved = ✅ **Enregistré :** <#{ $channel }> reçoit un message quand { $whole } tombe en panne et quand ça revient.
card-title = ⚙️ **<#{ $channel }>** : alertes sur { $whole }
card-services = • Services : { $services }
card-services-all = tous, y compris ceux ajoutés plus tard
card-events = • Événements : { $events }
card-events-none = aucun : rien n’est publié ici
card-severity-outages = • Gravité : pannes seulement
card-severity-slowdowns = • Gravité : pannes et ralentissements
card-roles = • Notifiés au début : { $roles }
card-mode-edit = • Forme : un message tenu à jour ; le rétablissement est un nouveau message
card-mode-posts = • Forme : un nouveau message par changement
card-mode-thread = • Forme : un fil par panne
card-extras = • Options : { $extras }
card-defaults = -# Réglages par défaut : tous les services, pannes seulement, aucune mention. Modifie-les ci-dessous.
card-paused = ⚠️ En pause depuis le { $at } : { $why }. Ça reprend tout seul ; /alertes docteur dit quoi corriger.
card-roles-caution = -# Il m’y manque **`Mentionner @everyone, @here et tous les rôles`** : parmi ces rôles, je ne peux notifier que ceux que tout le monde peut mentionner.
hint-services = Services (tous, si tu n’en choisis aucun)
hint-events = Quoi publier
hint-roles = Rôles à notifier au début
hint-mode = Sous quelle forme
event-start = Ça tombe
event-worse = Ça s’aggrave
event-end = C’est revenu
event-maintenance = Maintenance annoncée
event-slowdowns = Ralentissements aussi
event-publish = Publier aux abonnés
event-start-about = Un nouveau message quand une panne commence
event-worse-about = Quand ça s’aggrave ou touche un autre service
event-end-about = Un nouveau message avec la vraie durée
event-maintenance-about = Quand une maintenance annoncée commence et finit
event-slowdowns-about = Pas que les pannes : aussi les lenteurs et les échecs partiels
event-publish-about = Début et fin vont aux serveurs qui suivent ce salon
extra-quiet = silencieux (sans son)
extra-reminders = rappels tant que ça dure
extra-weekly = rapport hebdomadaire
extra-publish = publié aux abonnés
mode-edit = Un message tenu à jour
mode-posts = Un nouveau message par changement
mode-thread = Un fil par panne
mode-edit-about = Un début tenu à jour, de brèves réponses si ça s’aggrave, et un rétablissement
mode-posts-about = Rien n’est modifié
mode-thread-about = Le salon voit le début ; le reste est dans son fil
button-quiet-on = Silencieux : oui
button-quiet-off = Silencieux : non
button-reminders-on = Rappels : oui
button-reminders-off = Rappels : non
button-weekly-on = Rapport hebdomadaire : oui
button-weekly-off = Rapport hebdomadaire : non
button-test = Test
button-unsubscribe = Désabonner

# list, unsubscribe, test, live, delete-data, acknowledge.
list-none = Aucun salon de ce serveur n’est abonné. /alertes abonner en ajoute un.
list-title = **{ $n ->
    [one] Un salon de ce serveur est abonné
   *[other] { $n } salons de ce serveur sont abonnés
} à { $whole }** (limite { $allowed })
list-line = • <#{ $channel }> : { $services } · { $severity }{ $roles }{ $paused }
list-all-services = tous les services
list-outages = pannes
list-slowdowns = pannes et ralentissements
list-roles = {" "}· notifie { $roles }
list-paused = {" "}· ⚠️ en pause : { $why }
list-given-up = {" "}· ⚠️ abandonné : { $why }
list-gone = • <#{ $channel }> : n’est pas abonné{ $lost }
list-foot = /alertes abonner avec un salon ouvre ses réglages ; /alertes docteur indique ce qui ne marche pas.
button-list-back = Retour
button-list-more = Plus
unsubscribed = <#{ $channel }> est désabonné. Plus rien n’y est publié, pas même le rétablissement d’une panne en cours.
unsubscribed-nothing = <#{ $channel }> était déjà désabonné.
tested = Trois aperçus (début, changement, rétablissement) partent vers <#{ $channel }>. Ils sont marqués comme aperçus et ne notifient personne.
live-set = <#{ $channel }> a maintenant le message de statut en direct. La même commande avec un autre salon le déplace.
live-off = Le message de statut en direct est retiré.
live-off-nothing = Il n’y avait pas de message de statut en direct.
delete-ask = ⚠️ **Supprimer tout ce qui est conservé sur ce serveur ?** C’est-à-dire :
delete-count = • { $kind } : { $n }
stored-subscriptions = abonnements
stored-set-aside = abonnements d’un bot retiré, rétablis s’il revient
stored-deliveries = envois en cours
stored-given-up = envois échoués
stored-told = messages tenus à jour
stored-boards = messages de statut en direct
delete-nothing = Rien n’est conservé sur ce serveur.
delete-foot = Plus aucun salon ne recevra d’alertes. C’est irréversible. /alertes exporter-données t’en donne d’abord une copie.
button-delete-yes = Tout supprimer
deleted = **Supprimé maintenant :** tout ce qui était conservé sur ce serveur.
deleted-files = **D’ici une heure**, cela aura aussi disparu de mes fichiers et des sauvegardes horaires. Ce que mon opérateur a copié ailleurs à la main y reste. Un hash de l’identifiant de ce serveur reste ici, pour qu’aucun ancien export ne le ramène.
deleted-database = Les sauvegardes de la base de données durent tant que mon opérateur les garde. Un hash de l’identifiant de ce serveur reste, pour qu’aucun ancien export ne le ramène.
deleted-posts = Ce que j’ai publié dans vos salons y reste jusqu’à ce que vous le supprimiez.
exported = Tout ce qui est conservé sur ce serveur, dans un fichier : { $n ->
    [one] un enregistrement
   *[other] { $n } enregistrements
}. Toi seul le vois.
exported-cut = Il y en a d’autres, qui n’y tenaient pas. Demande le reste à mon opérateur.
acknowledged = En sourdine : plus rien de cette panne n’est publié ici, sauf son rétablissement.
acknowledged-nothing = Il n’y avait rien à mettre en sourdine : ce salon n’est pas abonné, ou la panne est finie.
acknowledge-over = C’est fini ; il n’y a plus rien à mettre en sourdine.

# doctor.
doctor-title-well = { $n ->
    [one] ✅ **Le seul abonnement de ce serveur fonctionne.**
   *[other] ✅ **Les { $n } abonnements de ce serveur fonctionnent.**
}
doctor-title = ⚠️ **{ $n ->
    [one] Un abonnement demande
   *[other] { $n } abonnements demandent
} ton attention :**
doctor-title-unchecked = ⚠️ **{ $n ->
    [one] Un abonnement n’a pas pu être vérifié
   *[other] { $n } abonnements n’ont pas pu être vérifiés
} :**
doctor-paused = { $mark } <#{ $channel }> : Discord me refuse depuis le { $at } : { $why }. **Solution :** { $fix } Prochain essai à { $retry } ; ça reprend tout seul.
doctor-missed = { $mark } <#{ $channel }> : une alerte n’a pas été publiée : { $why }.
doctor-gone = { $mark } <#{ $channel }> : ce salon n’existe plus. **Solution :** abonne un autre salon avec /alertes abonner.
doctor-lacking = { $mark } <#{ $channel }> : je ne peux pas y publier. **Solution :** { $fix }
doctor-unchecked = { $mark } <#{ $channel }> : je n’ai pas pu vérifier ce salon : { $why }. Redemande plus tard.
doctor-no-time = le temps a manqué
doctor-more = … et { $n ->
    [one] un autre
   *[other] { $n } autres
} : règle d’abord ceux-ci, puis redemande.
doctor-fix-access = donne à mon rôle { $permissions } dans ce salon.
doctor-fix-thread = rouvre le fil, ou abonne son salon.
doctor-fix-tag = **n’exige plus de tags** dans les paramètres de ce forum.
doctor-fix-other = vérifie les permissions de mon rôle dans ce salon et dans sa catégorie.
button-post-now = Publier maintenant
button-post-now-in = Publier maintenant ({ $n })
posting-now = Ce que <#{ $channel }> a manqué est en route.
