# What posts say when outages start, change and end.
outage-down = **{ $subject } no { $n ->
    [one] funciona
   *[other] funcionan
}**
outage-trouble = **{ $subject } { $n ->
    [one] tiene
   *[other] tienen
} problemas**
outage-slow = **{ $subject } { $n ->
    [one] responde
   *[other] responden
} con lentitud**
outage-page-down = **La página de { $whole } informa de una caída: { $subject }**
outage-page-trouble = **La página de { $whole } informa de problemas: { $subject }**
outage-page-shown = **La página de estado de { $whole } muestra una caída de { $subject }**
outage-page-flapping = **La página de { $whole } informa una y otra vez de problemas con { $subject }**
outage-flapping = **{ $subject } { $n ->
    [one] va y viene
   *[other] van y vienen
}**
outage-maintenance = **{ $subject }: mantenimiento**
headline-for = { $headline }, desde hace { $span }
headline-evidence = { $headline }: { $evidence }
preview = Vista previa, no pasa nada: { $line }
preview-foot = Esto es una vista previa: no se avisa a nadie ni se cuenta nada.
posted-late = Publicado con { $span } de retraso; se sabía desde las { $at }.
service-since = { $symbol } **{ $service }**: { $state }, desde las { $at }
service-back = 🟢 **{ $service }**: de vuelta desde las { $at }, tras { $span }
during-work = Durante trabajos anunciados: { $whole } los llama { $title }.
part-of-checks = { $n ->
    [one] Falla
   *[other] Fallan
} { $n } de { $all } comprobaciones.
still-answering = Siguen funcionando: { $services }.
do-and-dont = **Desarrolladores:** reintentad con backoff. No cerréis sesiones de usuarios ni cambiéis claves.
foot-edit = Este mensaje se actualiza solo. Llegará uno nuevo cuando termine.
foot-posts = Los cambios y la recuperación llegarán en publicaciones nuevas.
foot-thread = Los cambios y la recuperación llegarán en este hilo.
foot-ended = Resuelto { $ago }; más en la publicación de abajo.
foot-ended-thread = Resuelto { $ago }; más en el hilo.
more-in-outages = … más con /caídas id:{ $id }

# It changes.
joined = { $symbol } **{ $subject } también { $n ->
    [one] falla
   *[other] fallan
} ahora**
worse-down = { $symbol } **{ $subject }: va a peor, ahora sin servicio**
worse-trouble = { $symbol } **{ $subject }: va a peor**
reopened = { $symbol } **{ $subject } { $n ->
    [one] vuelve
   *[other] vuelven
} a fallar.** Lo contamos como la misma caída, que ya dura { $span }.
ask-again = Si ya te mencionamos: pulsa otra vez el botón y te avisaremos cuando acabe.
reopened-page = { $symbol } **La página de { $whole } vuelve a informar de problemas con { $subject }**; lo contamos como la misma caída, que dura ya { $span }.
back-partly = 🟢 **{ $subject } { $n ->
    [one] está
   *[other] están
} de vuelta.** Todavía no: { $rest }.
better = { $symbol } **{ $subject }: mejor, pero no ha terminado**
page-spoke = { $symbol } **La página de { $whole } dice ahora { $state }** sobre { $subject }
confirmed = Ahora también fallan nuestras comprobaciones: la página de { $whole }, que lo dijo primero, tenía razón.
page-closed-open = { $symbol } **La página de { $whole } ha cerrado su incidencia**, pero nuestras comprobaciones siguen fallando: { $subject }.
page-closed = { $symbol } **La página de { $whole } ha cerrado su incidencia** sobre { $subject }.
page-closed-after = 🟢 **La página de { $whole } ha cerrado su incidencia**: { $subject }, { $span } después de que nuestras comprobaciones volvieran a pasar.
since-part = Desde las { $at } · { $rest }
reminder = { $symbol } **{ $subject } { $n ->
    [one] sigue
   *[other] siguen
} { $level }**, desde hace { $span }
reminder-foot = Recordatorio { $n }; el próximo llegará tras una pausa más larga.
flapping-count = { $symbol } { $headline }: { $n ->
    [one] una vez
   *[other] { $n } veces
} en { $span }
flapping-foot = Este mensaje actualiza su cuenta. Llegará uno nuevo cuando lleve un rato estable.

# It ends.
end-down = 🟢 **{ $subject } { $n ->
    [one] está
   *[other] están
} de vuelta.** La caída duró { $span }.
end-trouble = 🟢 **{ $subject } { $n ->
    [one] vuelve
   *[other] vuelven
} a la normalidad.** Los problemas duraron { $span }.
end-slow = 🟢 **{ $subject } { $n ->
    [one] vuelve
   *[other] vuelven
} a responder rápido.** La lentitud duró { $span }.
end-flapping = 🟢 **{ $subject } { $n ->
    [one] está
   *[other] están
} de vuelta.** La caída fue y vino { $times } veces en { $span }.
end-page = 🟢 **La página de { $whole } ha cerrado su incidencia: { $subject }.** Estuvo abierta { $span }.
end-page-withdrawn = 🟢 **La página de { $whole } ha retirado su incidencia: { $subject }.** Estuvo abierta { $span }.
end-page-shown = 🟢 **La página de estado de { $whole } vuelve a mostrar { $subject } en funcionamiento**, después de { $span }.
resolved-down = 🟢 **Resuelto**: { $subject } { $n ->
    [one] estuvo
   *[other] estuvieron
} sin servicio durante { $span }
resolved-trouble = 🟢 **Resuelto**: { $subject } { $n ->
    [one] tuvo
   *[other] tuvieron
} problemas durante { $span }
resolved-slow = 🟢 **Resuelto**: { $subject } { $n ->
    [one] respondió
   *[other] respondieron
} con lentitud durante { $span }
resolved-flapping = 🟢 **Resuelto**: la caída de { $subject } fue y vino { $times } veces en { $span }
resolved-page = 🟢 **Resuelto**: la página de { $whole } informó de problemas durante { $span }: { $subject }
resolved-page-shown = 🟢 **Resuelto**: la página de estado de { $whole } mostró una caída durante { $span }: { $subject }
resolved-service = • **{ $service }**: { $evidence }, de { $from } a { $until }
end-once-down = 🟢 **{ $subject } { $n ->
    [one] estuvo
   *[other] estuvieron
} sin servicio durante { $span }** y ya { $n ->
    [one] está
   *[other] están
} de vuelta.
end-once-trouble = 🟢 **{ $subject }: problemas durante { $span }**; ya { $n ->
    [one] va
   *[other] van
} bien.
end-once-page = 🟢 **La página de { $whole } informó de problemas durante { $span }: { $subject }**; la incidencia está cerrada.
end-first-bad = • { $at } primera comprobación fallida{ $told }
end-first-slow = • { $at } primera respuesta lenta{ $told }
end-alert-after = {" "}(aviso enviado { $span } después)
end-service = • **{ $service }**: de { $from } a { $until } ({ $span })
end-stretches = • Falló { $n } veces: { $stretches }
end-stretch = de { $from } a { $until } ({ $span })
end-page-said = • { $at } página de { $whole }: { $state }
end-page-said-after = { end-page-said }, { $span } después que nosotros
end-page-said-before = { end-page-said }, { $span } antes que nosotros
end-first-good = • { $at } recuperado
end-page-closed = • { $at } página de { $whole }: cerrada
end-page-up = • { $at } página de { $whole }: vuelve a funcionar
end-flaps = Fue y vino { $n ->
    [one] una vez
   *[other] { $n } veces
}.
end-page-still = La página de { $whole } aún dice { $state }.
end-page-silent = La página de { $whole } no lo mencionó nunca.
end-page-resolved = La página de { $whole } dice «Resuelto».
end-page-withdrew = La página de { $whole } retiró su incidencia.
end-no-cause = Aún no se conoce la causa.
end-once-foot = Publicado una sola vez, cuando ya había terminado.
recovery-subscribers = Pedisteis que os avisáramos: { $people }

# Maintenance.
maintenance-start = 🔧 **{ $subject }: ha empezado el mantenimiento**
maintenance-title = { $whole } lo llama { $title }.
maintenance-foot = Mantenimiento anunciado; los fallos que haya mientras dure se cuentan como parte de él.
maintenance-end = 🟢 **{ $subject }: ha terminado el mantenimiento.** Duró { $span }.

# Buttons.
button-me-too = Yo también lo veo
button-notify-me = Avísame cuando vuelva
button-acknowledge = Silenciar esta caída aquí

# The live status message and the weekly report.
live-foot = Este mensaje se actualiza solo · si tiene más de 15 minutos, el que está caído es este bot, no { $whole }
live-checked = Comprobado { $ago }, dibujado { $drawn }
weekly-days = Del { $from } al { $until }:
weekly-quiet = 🟢 **{ $whole }, esta semana**: no hemos visto ninguna caída{ $from }.
weekly-sums = { $symbol } **{ $whole }, esta semana**: { $n ->
    [one] una caída
   *[other] { $n } caídas
}, { $span } en total.
weekly-service = • **{ $service }**: { $share } % del tiempo sin caídas
weekly-outage = • { $at } { $subject }: { $span }
weekly-more = • y { $n } más
weekly-foot = Según nuestras comprobaciones y la página de { $whole } · /avisos suscribir cambia o termina este informe

# Por qué falló algo, cuando no lo dice Discord con sus propias palabras.
reason-rate-limited = Discord me ha pedido que espere (429)
reason-own-limit = tengo que esperar por el límite de peticiones de Discord
reason-answered = Discord respondió con un error ({ $code })
reason-in-front = un proxy delante de Discord me rechazó ({ $code })
reason-no-answer = Discord no respondió a tiempo
reason-no-connection = no había conexión con Discord
reason-cut = se cortó la conexión con Discord
reason-unreadable = no se pudo leer la respuesta de Discord
reason-stopping = me están reiniciando
reason-request = no se pudo hacer la petición
reason-file-large = ocupa más de 1 MiB
reason-file-elsewhere = no está alojado en Discord
reason-unknown-channel = ese canal no existe (10003)
reason-unknown-message = ese mensaje no existe (10008)
reason-malformed = Discord rechazó mi mensaje por mal formado (50035)
reason-unauthorized = Discord rechazó mi token
reason-over = la interacción ha caducado ({ $code })
reason-no-direct = esta persona no acepta mensajes directos (50007)
reason-thread-closed = el hilo está cerrado ({ $code })
reason-no-history = allí me falta el permiso «Leer el historial de mensajes» (50013)
reason-too-late = terminó hace más de un día y no se pudo publicar antes
reason-channel-gone = el canal ya no existe
reason-removed = me quitaron del servidor
