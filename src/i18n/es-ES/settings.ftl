# What /alerts says to moderators.
misuse-needs-manage-channels = Para eso necesitas **Gestionar canales**.
misuse-needs-manage-channels-there = Para eso necesitas **Gestionar canales** en <#{ $channel }>. No se ha cambiado nada.
misuse-needs-manage-channels-everywhere = Eso afecta a todo el servidor: necesitas **Gestionar canales** en uno de tus roles, no solo en canales concretos. No se ha cambiado nada.
misuse-server-unknown = No he podido leer los roles de este servidor: { $why }. No se ha cambiado nada.
misuse-needs-server = /avisos funciona en servidores a los que me han invitado. En un mensaje directo, **Avísame cuando vuelva** hace lo mismo solo para ti.
misuse-not-a-channel = No puedo escribir en ese tipo de canal. Elige un canal de texto, de anuncios o un foro, o un hilo.
misuse-lacking = Aún no puedo escribir en <#{ $channel }>. Ahí me falta { $permissions }. Añádelo y vuelve a pedirlo. No se ha guardado nada.
misuse-channel-unknown = No he podido leer <#{ $channel }>: { $why }. No se ha guardado nada.
misuse-everyone = Nunca menciono a @everyone. Crea un rol que cada cual pueda ponerse y elige ese.
misuse-role-not-mentionable = No puedo mencionar <@&{ $role }>. Permite que cualquiera lo mencione (Ajustes del servidor → Roles), o dame **`Mencionar @everyone, @here y todos los roles`**. No se ha guardado nada.
misuse-role-not-yours = Tú no puedes mencionar <@&{ $role }>, así que no puedes permitírmelo a mí. Pídeselo a alguien que pueda.
misuse-not-subscribed = <#{ $channel }> no está suscrito. /avisos lista muestra los que sí.
misuse-nothing-missed = <#{ $channel }> no se ha perdido nada últimamente.
misuse-live-what = Di en qué canal va el mensaje de estado en directo, o usa apagar: para quitarlo.
misuse-must-tag = En <#{ $channel }> cada publicación necesita una etiqueta, y no puedo elegirla. **Deja de exigir etiquetas** en los ajustes de ese foro, o indica otro canal. No se ha guardado nada.

# The settings card.
card-saved = ✅ **Guardado:** <#{ $channel }> recibe una publicación cuando { $whole } se cae y cuando vuelve.
card-title = ⚙️ **<#{ $channel }>**: avisos sobre { $whole }
card-services = • Servicios: { $services }
card-services-all = todos, también los que se añadan después
card-events = • Eventos: { $events }
card-events-none = ninguno: aquí no se publica nada
card-severity-outages = • Gravedad: solo caídas
card-severity-slowdowns = • Gravedad: caídas y lentitud
card-roles = • Menciones al inicio: { $roles }
card-mode-edit = • Forma: una publicación que se mantiene al día; la recuperación es otra nueva
card-mode-posts = • Forma: cada cambio, una publicación nueva
card-mode-thread = • Forma: un hilo por cada caída
card-extras = • Extras: { $extras }
card-defaults = -# Ajustes predeterminados: todos los servicios, solo caídas, sin menciones. Puedes cambiarlos abajo.
card-paused = ⚠️ En pausa desde { $at }: { $why }. Se reanuda solo; /avisos revisar dice qué arreglar.
card-roles-caution = -# Ahí me falta **`Mencionar @everyone, @here y todos los roles`**: de estos roles solo puedo mencionar los que cualquiera puede mencionar.
hint-services = Servicios (todos, si no eliges ninguno)
hint-events = Qué publicar
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
event-maintenance-about = Cuando empieza y termina un mantenimiento anunciado
event-slowdowns-about = No solo caídas: también lentitud o fallos parciales
event-publish-about = Inicio y final llegan a los servidores que siguen este canal
extra-quiet = silencioso (sin sonido)
extra-reminders = recordatorios mientras dure
extra-weekly = informe semanal
extra-publish = publicado a seguidores
mode-edit = Una publicación que se mantiene al día
mode-posts = Cada cambio, una publicación nueva
mode-thread = Un hilo por cada caída
mode-edit-about = Un inicio que se mantiene al día, respuestas breves si va a peor, y una recuperación
mode-posts-about = No se edita nada
mode-thread-about = El canal ve el inicio; el resto está en su hilo
button-quiet-on = Silencioso: sí
button-quiet-off = Silencioso: no
button-reminders-on = Recordatorios: sí
button-reminders-off = Recordatorios: no
button-weekly-on = Informe semanal: sí
button-weekly-off = Informe semanal: no
button-test = Prueba
button-unsubscribe = Cancelar suscripción

# list, unsubscribe, test, live, delete-data, acknowledge.
list-none = Ningún canal de este servidor está suscrito. /avisos suscribir añade uno.
list-title = **{ $n ->
    [one] Un canal de este servidor está suscrito
   *[other] { $n } canales de este servidor están suscritos
} a { $whole }** (límite { $allowed })
list-line = • <#{ $channel }>: { $services } · { $severity }{ $roles }{ $paused }
list-all-services = todos los servicios
list-outages = caídas
list-slowdowns = caídas y lentitud
list-roles = {" "}· menciona { $roles }
list-paused = {" "}· ⚠️ en pausa: { $why }
list-given-up = {" "}· ⚠️ abandonado: { $why }
list-gone = • <#{ $channel }>: no está suscrito{ $lost }
list-foot = /avisos suscribir con un canal abre sus ajustes; /avisos revisar dice qué no funciona.
button-list-back = Atrás
button-list-more = Más
unsubscribed = <#{ $channel }> ya no está suscrito. Ahí no se publica nada más, ni siquiera la recuperación de una caída en curso.
unsubscribed-nothing = <#{ $channel }> ya no estaba suscrito.
tested = Tres vistas previas (inicio, cambio, recuperación) están en camino a <#{ $channel }>. Están marcadas como vistas previas y no mencionan a nadie.
live-set = <#{ $channel }> tiene ahora el mensaje de estado en directo. El mismo comando con otro canal lo mueve.
live-off = El mensaje de estado en directo se ha quitado.
live-off-nothing = No había ningún mensaje de estado en directo.
delete-ask = ⚠️ **¿Borrar todo lo guardado sobre este servidor?** Es decir:
delete-count = • { $kind }: { $n }
stored-subscriptions = suscripciones
stored-set-aside = suscripciones de un bot que se quitó, que se restauran si vuelve
stored-deliveries = envíos en curso
stored-given-up = envíos fallidos
stored-told = publicaciones que se mantienen al día
stored-boards = mensajes de estado en directo
delete-nothing = No hay nada guardado sobre este servidor.
delete-foot = Ningún canal recibirá más avisos. No se puede deshacer. /avisos exportar-datos te da antes una copia.
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
acknowledged = Silenciado: aquí no se publica nada más de esta caída, salvo su recuperación.
acknowledged-nothing = No había nada que silenciar: este canal no está suscrito, o la caída ha terminado.
acknowledge-over = Ha terminado; ya no hay nada que silenciar.

# doctor.
doctor-title-well = { $n ->
    [one] ✅ **La única suscripción de este servidor funciona.**
   *[other] ✅ **Las { $n } suscripciones de este servidor funcionan.**
}
doctor-title = ⚠️ **{ $n ->
    [one] Una suscripción requiere tu atención
   *[other] { $n } suscripciones requieren tu atención
}:**
doctor-title-unchecked = ⚠️ **{ $n ->
    [one] No se pudo comprobar una suscripción
   *[other] No se pudieron comprobar { $n } suscripciones
}:**
doctor-paused = { $mark } <#{ $channel }>: Discord me rechaza desde { $at }: { $why }. **Solución:** { $fix } El próximo intento es a las { $retry } y se reanuda solo.
doctor-missed = { $mark } <#{ $channel }>: no se publicó un aviso: { $why }.
doctor-gone = { $mark } <#{ $channel }>: este canal ya no existe. **Solución:** suscribe otro con /avisos suscribir.
doctor-lacking = { $mark } <#{ $channel }>: no puedo publicar ahí. **Solución:** { $fix }
doctor-unchecked = { $mark } <#{ $channel }>: no pude comprobar este canal: { $why }. Vuelve a preguntar más tarde.
doctor-no-time = no hubo tiempo suficiente
doctor-more = … y { $n ->
    [one] una más
   *[other] { $n } más
}: arregla primero estas y vuelve a preguntar.
doctor-fix-access = da a mi rol { $permissions } en ese canal.
doctor-fix-thread = abre el hilo otra vez, o suscribe su canal.
doctor-fix-tag = **deja de exigir etiquetas** en los ajustes de ese foro.
doctor-fix-other = revisa los permisos de mi rol en ese canal y en su categoría.
button-post-now = Publicar ahora
button-post-now-in = Publicar ahora ({ $n })
posting-now = Lo que se perdió <#{ $channel }> está en camino.
