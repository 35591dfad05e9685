# How well something is, what failed, and who says so. Levels agree with no gender: they follow any service's name.
level-up = en funcionamiento
level-degraded = con lentitud o fallos parciales
level-outage = sin servicio
level-maintenance = en mantenimiento
level-unknown = en estado desconocido
level-reported = según la página de estado
level-slow = lento

# What a check met, where no words came with it.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = no se llega a un servicio detrás de la pasarela
symptom-upstream-timeout = un servicio detrás de la pasarela no responde
symptom-envoy-empty = una respuesta vacía
symptom-edge-error = una página de error de la pasarela
symptom-api-server-error = un error del servidor
symptom-server-error = un error del servidor
symptom-empty = una respuesta vacía
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
from-location = , desde { $location }
see-failing = **Nuestras comprobaciones** fallan desde las { $at } ({ $ago }){ $from }.
see-failing-partly = **Algunas de nuestras comprobaciones** fallan desde las { $at } ({ $ago }){ $from }.
see-failures = **Nuestras comprobaciones** encuentran fallos desde las { $at } ({ $ago }){ $from }.
see-failures-at-least = **Nuestras comprobaciones** encuentran fallos, el primero a las { $at }{ $from }; puede que empezara antes.
see-nothing-of-it = **Nuestras comprobaciones** no lo muestran: pasan{ $from }.
see-passing-again = **Nuestras comprobaciones** vuelven a pasar; el primer fallo fue a las { $at }{ $from }.
see-slow = **Nuestras comprobaciones** reciben respuestas lentas desde las { $at } ({ $ago }){ $from }.
see-failed-several = **Nuestras comprobaciones** encontraron fallos entre las { $at } y las { $until }{ $from }.
see-failed = **Nuestras comprobaciones** fallaron entre las { $at } y las { $until }{ $from }: { $evidence }.
see-failed-partly = **Algunas de nuestras comprobaciones** fallaron entre las { $at } y las { $until }{ $from }: { $evidence }.
see-was-slow = **Nuestras comprobaciones** recibieron respuestas lentas entre las { $at } y las { $until }{ $from }: { $evidence }.
see-checks-pass = **Nuestras comprobaciones**: { $n ->
    [one] el servicio las pasa
   *[other] los { $n } servicios las pasan
}{ $from }; la última { $ago }.
see-checks-some = **Nuestras comprobaciones**: { $n } de { $all } servicios las pasan{ $from }; la última { $ago }.
see-nothing-yet = **Nuestras comprobaciones**: las primeras están en marcha.
see-blind = **Nuestras comprobaciones** no ven nada desde las { $at }: falla nuestra propia red, lo que no dice nada de { $whole }.
see-rate-limited = **Nuestras comprobaciones** no ven nada ahora: están limitadas (rate limit) hasta el { $at }, lo que no dice nada del servicio.
see-stale = **Nuestras comprobaciones** son antiguas: la última es de { $ago }.
see-partly = **Nuestras comprobaciones**: unas pasan y otras fallan{ $from }; la última { $ago }.

# The status page's voice.
page-says = **La página de estado de { $whole }**: { $what }
page-nothing-yet = aún no lo muestra ({ $headline }).
page-nothing = nada todavía.
page-incident = { $state } ({ $ago })
page-incident-text = { $state }: { $text } ({ $ago })
page-shows = { $headline } (leído { $ago })
page-shows-red = **La página de estado de { $whole } muestra** { $name } en rojo, sin incidencia ({ $ago })
page-said = **La página de estado de { $whole }** dijo { $said }.
page-said-at = { $state } a las { $at }
page-unreadable = no se puede leer; respondió por última vez { $ago }.
page-never-read = aún no leída.
page-link = [abrir](<{ $url }>)
page-more = y { $n } más
page-and-link = { $what } · { $link }
page-alone = Su página informa de problemas que nuestras comprobaciones no muestran.
page-behind = Su propia página aún no lo muestra.
page-headline-unknown = ningún titular
state-unknown = una actualización
state-investigating = Investigando
state-identified = Causa identificada
state-monitoring = En observación
state-resolved = Resuelto
state-in-progress = En curso
state-verifying = Verificando
state-shown = en rojo sin incidencia
state-quoted = «{ $state }»

# The people's voice.
people-report = **La gente de aquí**: { $n ->
    [one] un reporte
   *[other] { $n } reportes
} en los últimos 15 minutos.
people-report-alone = { people-report } Nuestras comprobaciones no lo muestran.
people-too = { $n ->
    [one] a una persona también le pasa
   *[other] a { $n } personas también les pasa
}
checked = Comprobado { $ago }
checks-every = se comprueba cada { $every }

# One service's line.
service-down-with = sin servicio, { $evidence }
service-partly-with = con fallos parciales, { $evidence }
service-slow-with = con lentitud, { $evidence }
service-up-with = en funcionamiento, { $evidence }
service-share = {" "}· { $share } %
service-share-hour = {" "}· { $share } % correcto en la última hora
