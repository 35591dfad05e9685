# What answers to commands say: status and about.
headline-own-network = ⚪ **No podemos saber cómo está { $whole }**: falla nuestra propia red.
headline-not-checked = ⚪ **Aún no podemos saber cómo está { $whole }**: las primeras comprobaciones están en marcha.
headline-stale = ⚪ **No podemos saber cómo está { $whole }**: últimamente no ha terminado ninguna comprobación.
headline-not-sure = **Nuestras comprobaciones fallan: { $subject }**, pero aún no durante el tiempo suficiente para estar seguros.
headline-unknown = ⚪ **No podemos saber cómo { $n ->
    [one] está
   *[other] están
} { $subject }**; todo lo demás pasa nuestras comprobaciones.
headline-up = 🟢 **{ $whole } funciona**: { $n ->
    [one] su servicio pasa
   *[other] sus { $n } servicios pasan
} nuestras comprobaciones
headline-up-one = 🟢 **{ $subject } funciona**: pasa nuestras comprobaciones
status-not-your-code = No es tu código. Reintenta más despacio y conserva tus tokens.
status-more = … más con /estado y un servicio
button-refresh = Actualizar
button-meaning = ¿Qué significa esto?
button-fails = A mí me falla
button-day = Últimas 24 h

# /about
about-name = **Healthy Upstream { $version }** te dice si { $whole } está caído o si es cosa tuya.
about-watched = Vigilado: { $services }{ $from }.
about-checks = { $n ->
    [one] Una fuente, comprobada
   *[other] { $n } fuentes, cada una comprobada
} cada { $every }.
about-checks-now = { $n ->
    [one] Se está comprobando una fuente
   *[other] Se están comprobando { $n } fuentes
}.
about-faq = Las preguntas frecuentes responden { $n } dudas: /faq, o pega un error en /diagnóstico.
about-ask = Para todos: /estado, /caídas, /disponibilidad. Para moderadores: /avisos suscribir publica en un canal cuando algo se cae y cuando vuelve.
about-privacy = No lee mensajes. Se guarda: los ajustes de los servidores y quién pidió que le avisaran, hasta que se le avisa. /avisos borrar-datos u **Olvídame** lo borra.
about-open = No es obra de { $whole }; software libre, MIT o Apache-2.0.
button-details = Detalles
button-forget-me = Olvídame
about-budgets-title = **Presupuestos de peticiones**
about-budgets-none = Aún no se ha usado ningún presupuesto de peticiones.
about-budget = • { $host }: quedan { $left } de { $all } peticiones por minuto
about-budget-refused = {" "}· { $source } está limitada (rate limit) hasta el { $at }: { $why }
about-sessions = • Discord: usadas { $begun } de { $all } conexiones nuevas al día
about-sources-title = **Fuentes**
about-source = • { $source }: { $said }, comprobada { $ago }
about-source-never = • { $source }: aún sin comprobar
about-source-refused = {" "}· limitada (rate limit) hasta el { $at }
about-stored-title = **Qué se guarda y durante cuánto tiempo**
about-stored = • Por canal: sus ajustes, hasta que se cancele; 30 días más si se quita el canal o el bot.
about-stored-people = • Por persona: solo quien pulsó «Avísame cuando vuelva», hasta que se le avisa (pulsar otra vez lo retira); un recuento de reportes, bajo un hash que se descarta con la caída.
about-stored-texts = • Textos pegados y mensajes: nunca se guardan.
about-delete = Borrar: /avisos borrar-datos para un servidor, **Olvídame** para ti. /avisos exportar-datos da a los moderadores lo guardado sobre su servidor.

# Notes and refusals, for the asker alone.
note-stands-already = La misma respuesta ya está aquí: { $link }
note-counted-already = Tu reporte ya está contado. Gracias.
note-enough-wait = Aquí ya lo han pedido 100 personas y un mensaje no puede mencionar a más. La recuperación se publica aquí igualmente.
note-not-saved = No se ha podido guardar ahora mismo; no ha cambiado nada. Prueba de nuevo en un minuto.
note-in-doubt = No llegó respuesta al guardarlo: quizá se guardó, quizá no. Para estar seguro, prueba de nuevo en un minuto.
note-alerts-in-doubt = No llegó respuesta al guardarlo: quizá se guardó, quizá no. Míralo en un minuto con /avisos lista y pídelo de nuevo si no aparece.
note-store-away = Ahora mismo no se puede leer ni guardar nada; no ha cambiado nada. El estado en directo sigue funcionando. Prueba de nuevo en un minuto.
note-will-notify-here = Cuando { $subject } { $n ->
    [one] esté
   *[other] estén
} de vuelta, te mencionaremos aquí, una vez.
note-will-notify-direct = Cuando { $subject } { $n ->
    [one] esté
   *[other] estén
} de vuelta, recibirás un mensaje directo.
note-will-not-notify = Retirado: no te avisaremos. Pulsa otra vez si cambias de idea.
forgotten = Olvidado: dónde querías que te avisara y lo que reportaste. No guardo nada sobre ti.
forgotten-files = **Olvidado ahora:** dónde querías que te avisara y lo que reportaste. **En una hora** también habrá desaparecido de mis archivos y de las copias de cada hora. Queda un hash de tu ID, para que ninguna exportación antigua lo traiga de vuelta.
forgotten-database = **Olvidado ahora:** dónde querías que te avisara y lo que reportaste. Las copias de la base de datos duran lo que mi operador las conserve. Queda un hash de tu ID, para que ninguna exportación antigua lo traiga de vuelta.
note-sorry = Perdona, algo ha fallado por nuestra parte. Si vuelve a pasar, dale este ID al operador: `{ $id }`
note-slow-down = Muy rápido. Prueba de nuevo { $at }.
misuse-full = Este servidor tiene { $n ->
    [one] una suscripción
   *[other] { $n } suscripciones
}, que es el límite. Quita antes una con /avisos cancelar.
misuse-service = No vigilo «{ $named }». Vigilo: { $known }.
misuse-no-such-outage = No conozco esa caída. /caídas muestra las que conozco.
misuse-cannot-notify-here = No puedo escribir en este canal, así que no puedo avisarte aquí. Me falta el permiso { $permissions }.
misuse-old-button = Este botón es de una versión anterior mía. Pregunta de nuevo con un comando, por ejemplo /estado.
misuse-no-direct = No he podido enviarte un mensaje directo, así que no puedo avisarte cuando vuelva: { $why }. No se ha guardado nada.
misuse-needs-discord = Eso solo funciona en Discord.
permission-view-channel = Ver canal
permission-send-messages = Enviar mensajes
permission-attach-files = Adjuntar archivos
permission-read-message-history = Leer el historial de mensajes
permission-mention-everyone = Mencionar @everyone, @here y todos los roles
permission-connect = Conectar
permission-create-public-threads = Crear hilos públicos
permission-send-messages-in-threads = Enviar mensajes en hilos

# /outages and /uptime.
outages-none = 🟢 **{ $whole }, { $days ->
    [one] último día
   *[other] últimos { $days } días
}**: ninguna caída de la que sepamos nosotros o su página.
outages-title = { $symbol } **{ $whole }, { $days ->
    [one] último día
   *[other] últimos { $days } días
}**: { $n ->
    [one] una caída, terminada
   *[other] { $n } caídas, todas terminadas
}.
outages-title-open = { $symbol } **{ $whole }, { $days ->
    [one] último día
   *[other] últimos { $days } días
}**: { $n ->
    [one] una caída, aún en curso
   *[other] { $n } caídas, { $open ->
        [one] una
       *[other] { $open }
    } aún en curso
}.
outages-line = { $symbol } { $at } · { $what }
outages-what = { $subject }: { $level } durante { $span }
outages-what-open = { $subject }: { $level }, { $span } hasta ahora
outages-more = y { $n } más; están en el menú
outages-hint = Abre una como cronología
timeline-skipped = … { $n } momentos más …
timeline-first-bad = **{ $service }**: primera comprobación fallida, { $evidence }
timeline-posted = estábamos seguros y lo publicamos
timeline-became = **{ $service }**: { $symbol } { $level }
timeline-first-good = **{ $service }**: vuelve a pasar nuestras comprobaciones
timeline-page = página de { $whole }: { $state }
timeline-page-text = página de { $whole }: { $state }: { $text }
timeline-page-withdrew = la página retiró su incidencia
timeline-reopened = volvió a fallar
timeline-flapping = empezó a ir y venir
timeline-ended = terminado
button-page = Página de estado
uptime-title-quiet = 🟢 **{ $whole }, { $window }**: ninguna caída.
uptime-title = { $symbol } **{ $whole }, { $window }**: { $n ->
    [one] una caída, terminada
   *[other] { $n } caídas, todas terminadas
}.
uptime-title-open = { $symbol } **{ $whole }, { $window }**: { $n ->
    [one] una caída, aún en curso
   *[other] { $n } caídas, { $open ->
        [one] una
       *[other] { $open }
    } aún en curso
}.
uptime-service-well = 🟢 **{ $service }**: { $share } %
uptime-service = { $symbol } **{ $service }**: { $share } % · sin servicio { $down }
uptime-checks-well = 🟢 **{ $service }**: disponible el { $share } % del tiempo
uptime-checks = { $symbol } **{ $service }**: disponible el { $share } % del tiempo · sin servicio { $down }
uptime-checks-none = ⚪ **{ $service }**: sin datos
uptime-trouble = {" "}· problemas { $trouble }
uptime-foot-checks = { $span } de datos{ $from }, desde el { $since }. Tiempos sin servicio según nuestras comprobaciones y la página de { $whole } · detalles: /caídas
uptime-foot = Parte del tiempo sin caídas, según nuestras comprobaciones{ $from } y la página de { $whole } · detalles: /caídas
window-24h = últimas 24 horas
window-7d = últimos 7 días
window-30d = últimos 30 días
window-90d = últimos 90 días
