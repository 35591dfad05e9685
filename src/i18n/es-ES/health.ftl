# How well something is, what failed, and who says so. Levels agree with no gender: they follow any service's name.
level-up = en funcionamiento
level-degraded = con lentitud o fallos parciales
level-outage = sin servicio
level-maintenance = en mantenimiento
level-unknown = en estado desconocido

# What a look met, where no words came with it.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = no se llega a un servicio detrás de la entrada
symptom-upstream-timeout = un servicio detrás de la entrada no responde
symptom-envoy-empty = una respuesta vacía
symptom-edge-error = una página de error de la entrada
symptom-api-server-error = un error del servidor
symptom-server-error = un error del servidor
symptom-empty = una respuesta sin contenido
symptom-tls-expired = su certificado ha caducado
symptom-tls = sin conexión segura
symptom-dns = su nombre no se resuelve
symptom-connect = sin conexión
symptom-timeout = sin respuesta a tiempo
symptom-reset = la conexión se cortó
symptom-with-status = { $status }, { $symptom }

# Lists of names.
list-pair = { $first } y { $second }
list-comma = { $first }, { $second }
list-more = { $names } y { $n } más

# Our own voice.
from-place = , desde { $place }
see-looks-failed = **Vemos** { $n ->
    [one] una comprobación fallida
   *[other] { $n } comprobaciones fallidas seguidas
} desde las { $at } ({ $ago }){ $from }.
see-failures = **Vemos** fallos desde las { $at } ({ $ago }){ $from }.
see-failures-at-least = **Vemos** fallos desde las { $at } como muy tarde, cuando este bot comprobó por primera vez{ $from }.
see-nothing-of-it = **Vemos** todo normal: nuestras comprobaciones llegan bien{ $from }.
see-looks-through = **Vemos** que { $n ->
    [one] nuestra comprobación llega
   *[other] nuestras comprobaciones de { $n } servicios llegan
} bien{ $from }; la última { $ago }.
see-looks-some = **Vemos** que nuestras comprobaciones de { $n } de { $all } servicios llegan bien{ $from }; la última { $ago }.
see-nothing-yet = **No vemos** nada aún: las primeras comprobaciones están en camino.
see-blind = **No vemos** nada desde las { $at }: falla nuestra propia red, lo que no dice nada de { $whole }.
see-rate-limited = **No vemos** nada ahora: nos han limitado las peticiones hasta las { $at } ({ $ago }), lo que no dice nada del servicio.
see-stale = **Vemos** lo que vimos { $ago }: no ha llegado ninguna comprobación más nueva.
see-partly = **Vemos** que unas comprobaciones fallan y otras llegan bien{ $from }; la última { $ago }.

# The status page's voice.
page-says = **{ $whole } dice** { $what }
page-nothing-yet = nada todavía; su página muestra { $headline }.
page-nothing = nada todavía.
page-incident = «{ $state }» ({ $ago })
page-incident-text = «{ $state }»: { $text } ({ $ago })
page-shows = { $headline } (leído { $ago })
page-unreadable = algo que no podemos leer: su página respondió por última vez { $ago }.
page-never-read = algo que aún no hemos podido leer.
page-link = [página de estado](<{ $url }>)
page-more = y { $n } más
page-and-link = { $what } · { $link }
page-alone = Su página informa de problemas que nuestras comprobaciones no muestran.
page-behind = Su propia página aún no se ha dado cuenta.
page-headline-unknown = ningún titular
state-unknown = algo nuevo
state-investigating = Investigando
state-identified = Causa identificada
state-monitoring = En observación
state-resolved = Resuelto

# The people's voice.
people-report = **La gente informa** de fallos: { $n ->
    [one] una persona
   *[other] { $n } personas
} en los últimos 15 minutos.
people-report-alone = { people-report } Nuestras comprobaciones no lo muestran.
people-too = { $n ->
    [one] a una persona también le pasa
   *[other] a { $n } personas también les pasa
}
looked = Comprobado { $ago }
next-look = próxima comprobación { $ago }

# One service's line.
service-down-with = sin servicio, { $evidence }
service-partly-with = con fallos parciales, { $evidence }
service-slow-with = con lentitud, { $evidence }
service-up-with = en funcionamiento, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % correcto en la última hora
