# What /faq and /diagnose say around the handbook's own words.
entry-is-it-you = **¿Eres tú?** { $yours }
entry-dont = **No hagas esto:** { $dont }
entry-dont-other = **No:** { $dont }
entry-cut = … el resto está detrás de **Más**
entry-for = Para <@{ $person }>: { $line }
more-title = **Más sobre: { $title }**
more-developers = **Para desarrolladores**
more-causes = **Todas las causas**
more-sources = **Fuentes** (revisadas el { $reviewed })
more-nothing = No hay nada que añadir a la respuesta.
more-cut = … la entrada completa: <{ $url }>
related-hint = Preguntas relacionadas
button-more = Más
button-helped = Me ayudó
button-not-helped = No me ayudó
button-delete = Borrar
button-fix = Corregir esta entrada
button-share = Compartir aquí
voted-helped = Gracias: contado como útil.
voted-not-helped = Gracias: contado. ¿Qué faltaba? **Corregir esta entrada** muestra su fuente; o pregunta otra vez con las palabras exactas del error.
entry-gone = Esa entrada ya no está en el manual. /faq muestra las que hay.
delete-not-yours = Solo quien preguntó, o un moderador, puede borrar esta respuesta.
delete-not-done = Discord no me ha dejado borrar esta respuesta. Un moderador puede borrarla desde su menú.

# Not sure, or not known.
faq-unsure = ❔ **No estoy seguro de qué quieres decir.** Lo más cercano que tengo:
faq-unsure-line = • **{ $title }**
faq-unsure-foot = Elige abajo, o pregunta con las palabras exactas del error.
faq-unsure-hint = ¿Cuál quieres decir?
faq-where = ❔ **¿Dónde lo viste?** Las mismas palabras significan cosas distintas según el lugar.
faq-where-foot = Pulsa dónde lo viste y respondo para ese lugar.
faq-none = ❔ **Esto no lo conozco**: { $question }
faq-none-foot = Pega el error exacto en /diagnóstico, o mira lo que más se pregunta:
faq-none-hint = Lo que más se pregunta
faq-for-private = `para:` muestra una respuesta a alguien, `privado:` la oculta a todos menos a ti. Usa solo una.
where-spotify = Spotify
where-proxy = Mi propio proxy
where-kubernetes = Kubernetes
where-vcenter = vCenter
where-cloud = Una plataforma en la nube
where-website = Un sitio web

# /diagnose and "Explain this error".
form-title = ¿Qué ha fallado?
form-error = El error, el log o la salida de curl -i
form-error-hint = Pégalo con sus saltos de línea. Los tokens y secretos nunca se repiten ni se guardan.
diagnose-found = 🔎 **{ $title }**
diagnose-found-more = 🔎 **{ $title }**, y { $n } más
diagnose-line = La línea { $line } dice { $quote }
diagnose-line-who = La línea { $line } dice { $quote }: eso es { $who }.
diagnose-fault = **¿De quién es la culpa?** { $yours }
diagnose-now = **Ahora:**
diagnose-also = También: **{ $title }** (línea { $line }, { $quote })
diagnose-none = 🔎 **No reconozco ningún error en esto.**
diagnose-none-foot = Conozco los errores de Spotify, Envoy, nginx, Kubernetes y muchas bibliotecas por sus palabras exactas. Pega las líneas de alrededor del fallo, con el código de estado y el cuerpo; `curl -i` muestra ambos. O pregunta con palabras con /faq.
diagnose-shared = Del error de alguien, examinado con **Explicar este error**: { $link }
diagnose-empty = En este mensaje no hay texto que explicar ni archivo de texto. Prueba con el mensaje que muestra el error.
diagnose-file-unread = No he podido leer ese archivo: { $why }. Valen archivos de texto de hasta 1 MiB; o pega las líneas de alrededor del fallo.
diagnose-file-kind = Eso no parece un archivo de texto. Adjunta un log o un texto de hasta 1 MiB, o pega las líneas de alrededor del fallo.
diagnose-file-large = Ese archivo pasa de 1 MiB. Pega mejor las líneas de alrededor del fallo.
diagnose-too-much = Eso es demasiado para leerlo de una vez. Pega mejor las líneas de alrededor del fallo.
diagnose-hint = Explicar otro hallazgo

# Secrets.
secrets-yours = ⚠️ **Hay secretos en lo que has pegado**: dalos por conocidos.
secrets-theirs = ⚠️ **Hay secretos en ese mensaje**: cualquiera que lea este canal puede leerlos.
secrets-line = • { $name }: { $cure }
secrets-more = • Y más, de { $makers }: revoca cada uno donde se creó
secrets-foot = No los he repetido ni guardado.
secrets-tell-them = Dile a <@{ $person }> que borre el mensaje y los revoque, o pide a un moderador que lo borre.
secret-bearer-token = Token de acceso
secret-basic-header = Cabecera Basic
secret-client-secret = Client secret
secret-refresh-token = Refresh token
secret-oauth-code = Código de inicio de sesión
secret-discord-token = Token de Discord
secret-discord-webhook = Webhook de Discord
secret-private-key = Clave privada
secret-login-cookie = Cookie de sesión
secret-made = Clave o token de { $maker }
secret-password = Contraseña o clave

# Qué hacer con cada uno, y dónde.
secret-bearer-token-cure = Caduca solo en menos de una hora. Para anularlo ya, quita la aplicación en https://www.spotify.com/account/apps/
secret-basic-header-cure = Lleva el id y el secreto en forma legible: renueva el client secret en https://developer.spotify.com/dashboard, o cambia esa contraseña
secret-client-secret-cure = Renuévalo: https://developer.spotify.com/dashboard, tu aplicación, Settings, Rotate client secret
secret-refresh-token-cure = Quita la aplicación en https://www.spotify.com/account/apps/ y vuelve a iniciar sesión; un refresh token dura meses
secret-oauth-code-cure = Sirve una sola vez y diez minutos como mucho: vuelve a iniciar sesión para que quede gastado
secret-discord-token-cure = Restablécelo ya: https://discord.com/developers/applications, tu aplicación, Bot, Reset Token
secret-discord-webhook-cure = Borra el webhook: ajustes del canal, Integraciones, Webhooks; cualquiera que tenga la dirección puede publicar
secret-private-key-cure = Dala por perdida: genera otro par de claves y sustituye la antigua y sus certificados en todas partes
secret-login-cookie-cure = Cierra sesión en todas partes en https://www.spotify.com/account/; eso termina todas las sesiones que la usan
secret-made-cure = Revócalo y crea uno nuevo: { $link }
secret-password-cure = Cámbiala donde corresponda, y en todos los demás sitios donde se use
