# How well something is, what failed, and who says so. Levels agree with no gender: they follow any service's name.
level-up = en funcionamiento
level-degraded = con lentitud o fallos parciales
level-outage = sin servicio
level-maintenance = en mantenimiento
level-unknown = en estado desconocido
level-reported = según la página de estado
level-slow = lento

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
see-failing = **Nuestras comprobaciones** fallan desde las { $at } ({ $ago }){ $from }.
see-failing-partly = **Algunas de nuestras comprobaciones** fallan desde las { $at } ({ $ago }){ $from }.
see-failures = **Nuestras comprobaciones** encuentran fallos desde las { $at } ({ $ago }){ $from }.
see-failures-at-least = **Nuestras comprobaciones** encuentran fallos desde la primera, a las { $at }{ $from }; puede que empezara antes.
see-nothing-of-it = **Nuestras comprobaciones** no muestran nada de esto: llegan bien{ $from }.
see-well-again = **Nuestras comprobaciones** llegan bien ahora; el primer fallo fue a las { $at }{ $from }.
see-slow = **Nuestras comprobaciones** reciben respuestas lentas desde las { $at } ({ $ago }){ $from }.
see-failed-several = **Nuestras comprobaciones** encontraron fallos entre las { $at } y las { $until }{ $from }.
see-failed = **Nuestras comprobaciones** fallaron entre las { $at } y las { $until }{ $from }: { $evidence }.
see-failed-partly = **Algunas de nuestras comprobaciones** fallaron entre las { $at } y las { $until }{ $from }: { $evidence }.
see-was-slow = **Nuestras comprobaciones** recibieron respuestas lentas entre las { $at } y las { $until }{ $from }: { $evidence }.
see-looks-through = **Vemos** que { $n ->
    [one] nuestra comprobación llega
   *[other] nuestras comprobaciones de { $n } servicios llegan
} bien{ $from }; la última { $ago }.
see-looks-some = **Vemos** que nuestras comprobaciones de { $n } de { $all } servicios llegan bien{ $from }; la última { $ago }.
see-nothing-yet = **No vemos** nada aún: las primeras comprobaciones están en camino.
see-blind = **No vemos** nada desde las { $at }: falla nuestra propia red, lo que no dice nada de { $whole }.
see-rate-limited = **No vemos** nada ahora: nos han limitado las peticiones hasta el { $at }, lo que no dice nada del servicio.
see-stale = **Vemos** lo que vimos { $ago }: no ha llegado ninguna comprobación más nueva.
see-partly = **Vemos** que unas comprobaciones fallan y otras llegan bien{ $from }; la última { $ago }.

# The status page's voice.
page-says = **{ $whole } dice** { $what }
page-nothing-yet = nada todavía; su página muestra { $headline }.
page-nothing = nada todavía.
page-incident = { $state } ({ $ago })
page-incident-text = { $state }: { $text } ({ $ago })
page-shows = { $headline } (leído { $ago })
page-shows-red = **La página de estado de { $whole } muestra** { $name } en rojo, sin incidencia ({ $ago })
page-said = **La página de estado de { $whole }** dijo { $said }.
page-said-at = { $state } a las { $at }
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
state-in-progress = En curso
state-verifying = Verificando
state-shown = en rojo sin incidencia
state-quoted = «{ $state }»

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
checks-every = se comprueba cada { $every }

# One service's line.
service-down-with = sin servicio, { $evidence }
service-partly-with = con fallos parciales, { $evidence }
service-slow-with = con lentitud, { $evidence }
service-up-with = en funcionamiento, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % correcto en la última hora
