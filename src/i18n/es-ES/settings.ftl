# What /alerts says to moderators.
misuse-needs-manage-channels = Para eso necesitas **Gestionar canales**.
misuse-needs-manage-channels-there = Para eso necesitas **Gestionar canales** en <#{ $channel }>. No se ha cambiado nada.
misuse-needs-manage-channels-everywhere = Eso afecta a todo el servidor: necesitas **Gestionar canales** por uno de tus roles, no solo en canales sueltos. No se ha cambiado nada.
misuse-server-unknown = No he podido consultar los roles de este servidor: { $why }. No se ha cambiado nada.
misuse-needs-server = /avisos funciona en servidores a los que me han invitado. En un mensaje directo, **Avísame cuando vuelva** hace lo mismo solo para ti.
misuse-not-a-channel = No puedo escribir en ese tipo de canal. Elige un canal de texto, de anuncios o un foro, o un hilo.
misuse-lacking = Aún no puedo escribir en <#{ $channel }>. Dame ahí { $permissions } y vuelve a pedirlo. No se ha guardado nada.
misuse-channel-unknown = No he podido consultar <#{ $channel }>: { $why }. No se ha guardado nada.
misuse-everyone = Nunca menciono a @everyone. Crea un rol que cada cual pueda ponerse y elige ese.
misuse-role-not-mentionable = No puedo mencionar <@&{ $role }>. Permite que cualquiera lo mencione (ajustes del servidor, Roles), o dame **Mencionar todos los roles**. No se ha guardado nada.
misuse-role-not-yours = Tú no puedes mencionar <@&{ $role }>, así que no puedes permitírmelo a mí. Pídeselo a alguien que pueda.
misuse-not-subscribed = <#{ $channel }> no está suscrito. /avisos lista muestra los que sí.
misuse-nothing-missed = <#{ $channel }> no se ha perdido nada últimamente.
misuse-board-what = Di qué canal tendrá el tablero, o usa apagar: para terminarlo.
misuse-must-tag = En <#{ $channel }> cada publicación debe llevar una etiqueta, y no puedo elegirla. **Deja de exigir etiquetas** en los ajustes de ese foro, o indica otro canal. No se ha guardado nada.

# The settings card.
card-saved = ✅ **Guardado:** <#{ $channel }> sabrá cuándo se cae { $whole } y cuándo vuelve.
card-title = ⚙️ **<#{ $channel }>** recibe avisos de { $whole }:
card-services = • Servicios: { $services }
card-services-all = todos, también los que se añadan después
card-events = • Eventos: { $events }
card-events-none = ninguno: este canal queda en silencio
card-severity-outages = • Gravedad: solo caídas
card-severity-slowdowns = • Gravedad: caídas y lentitud
card-roles = • Menciones al inicio: { $roles }
card-roles-none = nadie
card-mode-edit = • Forma: una publicación que se mantiene al día; el final es otra nueva
card-mode-posts = • Forma: cada cambio, una publicación nueva
card-mode-thread = • Forma: un hilo por cada caída
card-extras = • Extras: { $extras }
card-extras-none = ninguno
card-paused = ⚠️ En pausa ({ $at }): { $why }. Se recupera solo; /avisos revisar dice cómo arreglarlo.
card-roles-caution = -# Ahí me falta **Mencionar todos los roles**: de estos roles solo puedo mencionar los que cualquiera puede mencionar.
hint-services = Servicios (todos, si no eliges ninguno)
hint-events = De qué avisar
hint-roles = Roles que mencionar al inicio
hint-mode = De qué forma
event-start = Se cae
event-worse = Va a peor
event-end = Ha vuelto
event-maintenance = Mantenimiento anunciado
event-slowdowns = También la lentitud
event-publish = Publicar a seguidores
event-start-about = Una publicación nueva cuando empieza una caída
event-worse-about = Cuando va a peor o afecta a otro servicio
event-end-about = Una publicación nueva con la duración real
event-maintenance-about = Cuando empiezan y terminan trabajos anunciados
event-slowdowns-about = No solo caídas: también lentitud o fallos parciales
event-publish-about = Inicio y final llegan a los servidores que siguen este canal
extra-quiet = discreto (sin sonido)
extra-reminders = recordatorios mientras dure
extra-weekly = informe semanal
extra-publish = publicado a seguidores
mode-edit = Una publicación que se mantiene al día
mode-posts = Cada cambio, una publicación nueva
mode-thread = Un hilo por cada caída
mode-edit-about = Inicio, ediciones, respuestas breves si va a peor, y un final
mode-posts-about = No se edita nada
mode-thread-about = El canal ve el inicio; el resto está en su hilo
button-quiet-on = Discreto: sí
button-quiet-off = Discreto: no
button-reminders-on = Recordatorios: sí
button-reminders-off = Recordatorios: no
button-weekly-on = Informe semanal: sí
button-weekly-off = Informe semanal: no
button-test = Prueba
button-unsubscribe = Cancelar suscripción

# list, unsubscribe, test, board, delete-data, acknowledge.
list-none = Ningún canal de este servidor está suscrito. Empieza con /avisos suscribir.
list-title = **{ $n ->
    [one] Un canal de este servidor recibe
   *[other] { $n } canales de este servidor reciben
} avisos de { $whole }** (de { $allowed } posibles)
list-line = • <#{ $channel }>: { $services } · { $severity }{ $roles }{ $paused }
list-all-services = todos los servicios
list-outages = caídas
list-slowdowns = caídas y lentitud
list-roles = {" "}· menciona { $roles }
list-paused = {" "}· ⚠️ en pausa: { $why }
list-given-up = {" "}· ⚠️ se dejó de intentar: { $why }
list-gone = • <#{ $channel }>: no está suscrito{ $lost }
list-foot = /avisos suscribir con un canal abre sus ajustes; /avisos revisar dice qué no funciona.
button-list-back = Atrás
button-list-more = Más
unsubscribed = <#{ $channel }> ya no está suscrito. No recibirá nada más, ni siquiera el final de lo que está en curso.
unsubscribed-nothing = <#{ $channel }> ya no estaba suscrito.
tested = Tres vistas previas (inicio, empeoramiento, final) van de camino a <#{ $channel }>. Dicen que lo son y no mencionan a nadie.
board-set = <#{ $channel }> tiene ahora el tablero: un solo mensaje, siempre al día. El mismo comando con otro canal lo mueve.
board-off = El tablero ha terminado, y su mensaje se retira.
board-off-nothing = No había tablero.
delete-ask = ⚠️ **¿Borrar todo lo guardado sobre este servidor?** Es decir:
delete-count = • { $kind }: { $n }
kept-subscriptions = suscripciones
kept-set-aside = suscripciones apartadas
kept-deliveries = envíos en curso
kept-given-up = envíos abandonados
kept-told = publicaciones que se mantienen al día
kept-boards = tableros
delete-nothing = No hay nada guardado sobre este servidor.
delete-foot = Ningún canal volverá a recibir avisos de caídas. No se puede deshacer. /avisos exportar-datos te da antes una copia.
button-delete-yes = Borrarlo todo
deleted = **Borrado ahora:** todo lo guardado sobre este servidor.
deleted-files = **En una hora** también habrá desaparecido de mis archivos y de las copias de cada hora. Lo que mi operador copió a mano en otro lugar sigue allí. Aquí queda un hash del ID de este servidor, para que ninguna exportación antigua lo traiga de vuelta.
deleted-database = Las copias de la base de datos duran lo que mi operador las conserve. Queda un hash del ID de este servidor, para que ninguna exportación antigua lo traiga de vuelta.
deleted-posts = Lo que publiqué en vuestros canales sigue allí hasta que lo borréis.
exported = Todo lo guardado sobre este servidor, en un archivo: { $n ->
    [one] un registro
   *[other] { $n } registros
}. Solo lo ves tú.
exported-cut = Hay más, que no cabía. Pide el resto a mi operador.
acknowledged = Silenciado: este canal no recibirá más avisos de esta caída hasta su final.
acknowledged-nothing = No había nada que silenciar: este canal no está suscrito, o la caída ha terminado.
acknowledge-over = Ha terminado; ya no hay nada que silenciar.

# doctor.
doctor-title-well = { $n ->
    [one] ✅ **La única suscripción de este servidor está bien.**
   *[other] ✅ **Las { $n } suscripciones de este servidor están bien.**
}
doctor-title = ⚠️ **{ $n ->
    [one] Una suscripción te necesita
   *[other] { $n } suscripciones te necesitan
}:**
doctor-title-unchecked = ⚠️ **{ $n ->
    [one] No se pudo comprobar una suscripción
   *[other] No se pudieron comprobar { $n } suscripciones
}:**
doctor-paused = { $mark } <#{ $channel }>: Discord me rechaza (por primera vez { $at }): { $why }. **Arreglo:** { $cure } El próximo intento es { $retry } y se recupera solo.
doctor-missed = { $mark } <#{ $channel }>: no se avisó de algo: { $why }.
doctor-gone = { $mark } <#{ $channel }>: este canal ya no existe. **Arreglo:** suscribe otro con /avisos suscribir.
doctor-lacking = { $mark } <#{ $channel }>: no puedo publicar ahí. **Arreglo:** { $cure }
doctor-unchecked = { $mark } <#{ $channel }>: no pude comprobar este canal: { $why }. Vuelve a preguntar más tarde.
doctor-no-time = no hubo tiempo suficiente
doctor-more = … y { $n ->
    [one] uno más
   *[other] { $n } más
}: arregla primero estos y vuelve a preguntar.
doctor-cure-access = da a mi rol { $permissions } en ese canal.
doctor-cure-thread = abre el hilo otra vez, o suscribe su canal.
doctor-cure-tag = **deja de exigir etiquetas** en los ajustes de ese foro.
doctor-cure-other = revisa los permisos de mi rol en ese canal y en su categoría.
button-post-now = Enviar ahora
button-post-now-in = Enviar ahora ({ $n })
posting-now = Lo que se perdió <#{ $channel }> va de camino.
