# Como algo está, o que falhou, e quem diz.
level-up = no ar
level-degraded = com lentidão ou falhas parciais
level-outage = fora do ar
level-maintenance = em manutenção
level-unknown = situação desconhecida

# O que uma checagem encontrou, quando não veio com palavras.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = não se alcança um serviço atrás da porta de entrada
symptom-upstream-timeout = um serviço atrás da porta de entrada não responde
symptom-envoy-empty = uma resposta vazia
symptom-edge-error = uma página de erro da porta de entrada
symptom-api-server-error = um erro do servidor
symptom-server-error = um erro do servidor
symptom-empty = uma resposta sem nada dentro
symptom-tls-expired = o certificado expirou
symptom-tls = sem conexão segura
symptom-dns = o nome não resolve
symptom-connect = sem conexão
symptom-timeout = sem resposta a tempo
symptom-reset = a conexão foi cortada
symptom-with-status = { $status }, { $symptom }

# Listas de nomes.
list-pair = { $first } e { $second }
list-comma = { $first }, { $second }
list-more = { $names } e mais { $n }

# Nossa própria voz.
from-place = , a partir de { $place }
see-looks-failed = **Nós vemos** { $n ->
    [one] uma checagem com falha
   *[other] { $n } checagens seguidas com falha
} desde { $at } ({ $ago }){ $from }.
see-failures = **Nós vemos** falhas desde { $at } ({ $ago }){ $from }.
see-failures-at-least = **Nós vemos** falhas pelo menos desde { $at }, quando este bot checou pela primeira vez{ $from }.
see-nothing-of-it = **Nós não vemos** nada disso: nossas checagens passam{ $from }.
see-looks-through = **Nós vemos** { $n ->
    [one] nossa checagem passar
   *[other] nossas checagens de { $n } serviços passarem
}{ $from }; a mais recente { $ago }.
see-looks-some = **Nós vemos** nossas checagens de { $n } de { $all } serviços passarem{ $from }; a mais recente { $ago }.
see-nothing-yet = **Nós não vemos** nada ainda: as primeiras checagens estão a caminho.
see-blind = **Nós não vemos** nada desde { $at }: nossa própria rede falhou, o que não diz nada sobre o { $whole }.
see-rate-limited = **Nós não vemos** nada agora: nossas requisições estão limitadas até { $at } ({ $ago }), o que não diz nada sobre o serviço.
see-stale = **Nós vemos** o que vimos { $ago }: nenhuma checagem mais nova chegou.
see-partly = **Nós vemos** algumas checagens falharem e outras passarem{ $from }; a mais recente { $ago }.

# A voz da página de status.
page-says = **{ $whole } diz:** { $what }
page-nothing-yet = nada ainda; a página mostra { $headline }.
page-nothing = nada ainda.
page-incident = "{ $state }" ({ $ago })
page-incident-text = "{ $state }": { $text } ({ $ago })
page-shows = { $headline } (lido { $ago })
page-unreadable = não conseguimos ler; a página nos respondeu pela última vez { $ago }.
page-never-read = ainda não conseguimos ler.
page-link = [página de status](<{ $url }>)
page-more = e mais { $n }
page-and-link = { $what } · { $link }
page-alone = A página informa uma instabilidade que nossas checagens não mostram.
page-behind = A página deles ainda não percebeu.
page-headline-unknown = nenhum título
state-unknown = algo novo
state-investigating = Investigando
state-identified = Identificado
state-monitoring = Monitorando
state-resolved = Resolvido

# A voz das pessoas.
people-report = **As pessoas relatam** falhas: { $n ->
    [one] uma pessoa
   *[other] { $n } pessoas
} nos últimos 15 minutos.
people-report-alone = { people-report } Nossas checagens não mostram isso.
people-too = { $n ->
    [one] uma pessoa também vê
   *[other] { $n } pessoas também veem
}
looked = Checado { $ago }
next-look = próxima checagem { $ago }

# A linha de um serviço.
service-down-with = fora do ar, { $evidence }
service-partly-with = falhas parciais, { $evidence }
service-slow-with = com lentidão, { $evidence }
service-up-with = no ar, { $evidence }
service-share = {" "}· { $share }%
service-share-hour = {" "}· { $share }% boas na última hora
