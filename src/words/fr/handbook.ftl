# What /faq and /diagnose say around the handbook's own words.
entry-is-it-you = **Ça vient de toi ?** { $yours }
entry-dont = **À éviter :** { $dont }
entry-dont-other = **À ne pas faire :** { $dont }
entry-cut = … la suite est derrière **Plus**
entry-for = Pour <@{ $person }> : { $line }
more-title = **Plus sur : { $title }**
more-developers = **Pour les développeurs**
more-causes = **Toutes les causes**
more-sources = **Sources** (vérifiées le { $reviewed })
more-nothing = Il n’y a rien à ajouter à la réponse.
more-cut = … la fiche entière : <{ $url }>
related-hint = Questions voisines
button-more = Plus
button-helped = Utile
button-not-helped = Pas utile
button-delete = Supprimer
button-fix = Corriger cette fiche
button-share = Partager ici
voted-helped = Merci : compté comme utile.
voted-not-helped = Merci : c’est compté. Que manquait-il ? **Corriger cette fiche** montre sa source ; ou repose la question avec les mots exacts de l’erreur.
entry-gone = Cette fiche n’est plus dans le manuel. /faq montre ce qui y est.
delete-not-yours = Seule la personne qui a demandé, ou la modération, peut supprimer cette réponse.
delete-not-done = Discord ne m’a pas laissé supprimer cette réponse. La modération peut la supprimer par son menu.

# Not sure, or not known.
faq-unsure = ❔ **Je ne suis pas sûr de comprendre.** Le plus proche que j’aie :
faq-unsure-line = • **{ $title }**
faq-unsure-foot = Choisis ci-dessous, ou demande avec les mots exacts de l’erreur.
faq-unsure-hint = De laquelle parles-tu ?
faq-where = ❔ **Où l’as-tu vue ?** Les mêmes mots n’ont pas le même sens partout.
faq-where-foot = Presse l’endroit où tu l’as vue, et je réponds pour celui-là.
faq-none = ❔ **Celle-ci, je ne la connais pas** : { $question }
faq-none-foot = Colle l’erreur exacte dans /diagnostic, ou regarde ce qu’on demande le plus :
faq-none-hint = Ce qu’on demande le plus
faq-for-private = `pour:` montre une réponse à quelqu’un, `privé:` la cache à tous sauf toi. Choisis l’un des deux.
where-spotify = Spotify
where-proxy = Mon propre proxy
where-kubernetes = Kubernetes
where-vcenter = vCenter
where-cloud = Une plateforme cloud
where-website = Un site web

# /diagnose and "Explain this error".
form-title = Qu’est-ce qui a échoué ?
form-error = L’erreur, le log, ou la sortie de curl -i
form-error-hint = Colle-la avec ses retours à la ligne. Les secrets ne sont jamais répétés ni conservés.
diagnose-found = 🔎 **{ $title }**
diagnose-found-more = 🔎 **{ $title }**, et { $n } de plus
diagnose-line = La ligne { $line } dit { $quote }
diagnose-line-who = La ligne { $line } dit { $quote } : c’est { $who }.
diagnose-fault = **D’où ça vient ?** { $yours }
diagnose-now = **Maintenant :**
diagnose-also = Aussi : **{ $title }** (ligne { $line }, { $quote })
diagnose-none = 🔎 **Je ne reconnais aucune erreur là-dedans.**
diagnose-none-foot = Je connais les erreurs de Spotify, d’Envoy, de nginx, de Kubernetes et de nombreuses bibliothèques à leurs mots exacts. Colle les lignes autour de l’échec, avec le code de statut et le corps ; `curl -i` montre les deux. Ou demande avec tes mots avec /faq.
diagnose-shared = D’après l’erreur de quelqu’un, examinée avec **Expliquer cette erreur** : { $link }
diagnose-empty = Ce message ne contient ni texte à expliquer, ni fichier texte. Essaie sur le message qui montre l’erreur.
diagnose-file-unread = Je n’ai pas pu lire ce fichier : { $why }. Les fichiers texte jusqu’à 1 Mio conviennent ; ou colle les lignes autour de l’échec.
diagnose-file-kind = Ça ne ressemble pas à un fichier texte. Joins un log ou un texte jusqu’à 1 Mio, ou colle les lignes autour de l’échec.
diagnose-file-large = Ce fichier dépasse 1 Mio. Colle plutôt les lignes autour de l’échec.
diagnose-too-much = C’est trop à lire d’un coup. Colle plutôt les lignes autour de l’échec.
diagnose-hint = Expliquer autre chose

# Secrets.
secrets-yours = ⚠️ **Il y a des secrets dans ce que tu as collé** : considère-les comme connus d’autres personnes.
secrets-theirs = ⚠️ **Il y a des secrets dans ce message** : tous ceux qui lisent ce salon peuvent les lire.
secrets-line = • { $name } : { $cure }
secrets-more = • Et d’autres encore, de { $makers } : révoque chacun là où il a été créé
secrets-foot = Je ne les ai ni répétés ni conservés.
secrets-tell-them = Dis à <@{ $person }> de supprimer le message et de les révoquer, ou demande à la modération de le supprimer.
secret-bearer-token = Token d’accès
secret-basic-header = En-tête Basic
secret-client-secret = Client secret
secret-refresh-token = Refresh token
secret-oauth-code = Code de connexion
secret-discord-token = Token Discord
secret-discord-webhook = Webhook Discord
secret-private-key = Clé privée
secret-login-cookie = Cookie de connexion
secret-made = Clé ou token de { $maker }
secret-password = Mot de passe ou clé

# Que faire de chacun, et où.
secret-bearer-token-cure = Il expire tout seul en moins d’une heure. Pour l’annuler tout de suite, retire l’application sur https://www.spotify.com/account/apps/
secret-basic-header-cure = Il contient l’id et le secret en clair : renouvelle le client secret sur https://developer.spotify.com/dashboard, ou change ce mot de passe
secret-client-secret-cure = Renouvelle-le : https://developer.spotify.com/dashboard, ton application, Settings, Rotate client secret
secret-refresh-token-cure = Retire l’application sur https://www.spotify.com/account/apps/ et reconnecte-toi ; un refresh token dure des mois
secret-oauth-code-cure = Il sert une seule fois et dix minutes au plus : reconnecte-toi pour qu’il soit utilisé
secret-discord-token-cure = Réinitialise-le tout de suite : https://discord.com/developers/applications, ton application, Bot, Reset Token
secret-discord-webhook-cure = Supprime le webhook : paramètres du salon, Intégrations, Webhooks ; quiconque a l’adresse peut publier
secret-private-key-cure = Considère-la comme perdue : crée une nouvelle paire de clés et remplace partout l’ancienne et ses certificats
secret-login-cookie-cure = Déconnecte-toi partout sur https://www.spotify.com/account/, ce qui ferme toutes les sessions qui l’utilisent
secret-made-cure = Révoque-le et crées-en un nouveau : { $link }
secret-password-cure = Change-le là où il sert, et partout ailleurs où il est utilisé
