# Como algo está, o que falhou, e quem diz.
level-up = no ar
level-degraded = com lentidão ou falhas parciais
level-outage = fora do ar
level-maintenance = em manutenção
level-unknown = situação desconhecida
level-reported = com relato na página de status
level-slow = com lentidão

# O que uma checagem encontrou, quando não veio com palavras.
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = um serviço atrás do gateway está inacessível
symptom-upstream-timeout = um serviço atrás do gateway não responde
symptom-envoy-empty = uma resposta vazia
symptom-edge-error = uma página de erro do gateway
symptom-api-server-error = um erro do servidor
symptom-server-error = um erro do servidor
symptom-empty = uma resposta vazia
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
from-location = , a partir de { $location }
see-failing = **Nossas checagens** falham desde { $at } ({ $ago }){ $from }.
see-failing-partly = **Parte das nossas checagens** falha desde { $at } ({ $ago }){ $from }.
see-failures = **Nossas checagens** encontram falhas desde { $at } ({ $ago }){ $from }.
see-failures-at-least = **Nossas checagens** encontram falhas desde a primeira, às { $at }{ $from }; pode ter começado antes.
see-nothing-of-it = **Nossas checagens** não mostram isso: elas passam{ $from }.
see-passing-again = **Nossas checagens** voltaram a passar; a primeira falha foi às { $at }{ $from }.
see-slow = **Nossas checagens** recebem respostas lentas desde { $at } ({ $ago }){ $from }.
see-failed-several = **Nossas checagens** encontraram falhas entre { $at } e { $until }{ $from }.
see-failed = **Nossas checagens** falharam entre { $at } e { $until }{ $from }: { $evidence }.
see-failed-partly = **Parte das nossas checagens** falhou entre { $at } e { $until }{ $from }: { $evidence }.
see-was-slow = **Nossas checagens** receberam respostas lentas entre { $at } e { $until }{ $from }: { $evidence }.
see-checks-pass = **Nossas checagens**: { $n ->
    [one] o serviço passa
   *[other] todos os { $n } serviços passam
}{ $from }; a mais recente { $ago }.
see-checks-some = **Nossas checagens**: { $n } de { $all } serviços passam{ $from }; a mais recente { $ago }.
see-nothing-yet = **Nossas checagens**: as primeiras estão em andamento.
see-blind = **Nossas checagens** não veem nada desde { $at }: nossa própria rede está falhando, o que não diz nada sobre o { $whole }.
see-rate-limited = **Nossas checagens** não veem nada agora: estão limitadas (rate limit) até { $at }, o que não diz nada sobre o serviço.
see-stale = **Nossas checagens** estão desatualizadas: a mais recente terminou { $ago }.
see-partly = **Nossas checagens**: algumas passam e outras falham{ $from }; a mais recente { $ago }.

# A voz da página de status.
page-says = **Página de status do { $whole }**: { $what }
page-nothing-yet = ainda não mostra isso ({ $headline }).
page-nothing = nada ainda.
page-incident = { $state } ({ $ago })
page-incident-text = { $state }: { $text } ({ $ago })
page-shows = { $headline } (lido { $ago })
page-shows-red = **A página de status do { $whole } mostra** { $name } em vermelho, sem incidente ({ $ago })
page-said = **A página de status do { $whole }** disse { $said }.
page-said-at = { $state } às { $at }
page-unreadable = não dá para ler; respondeu pela última vez { $ago }.
page-never-read = ainda não foi lida.
page-link = [abrir](<{ $url }>)
page-more = e mais { $n }
page-and-link = { $what } · { $link }
page-alone = A página informa uma instabilidade que nossas checagens não mostram.
page-behind = A página deles ainda não mostra isso.
page-headline-unknown = nenhum título
state-unknown = uma atualização
state-investigating = Investigando
state-identified = Identificado
state-monitoring = Monitorando
state-resolved = Resolvido
state-in-progress = Em andamento
state-verifying = Verificando
state-shown = em vermelho sem incidente
state-quoted = "{ $state }"

# A voz das pessoas.
people-report = **Pessoas aqui**: { $n ->
    [one] um relato
   *[other] { $n } relatos
} nos últimos 15 minutos.
people-report-alone = { people-report } Nossas checagens não mostram isso.
people-too = { $n ->
    [one] uma pessoa relata o mesmo
   *[other] { $n } pessoas relatam o mesmo
}
checked = Checado { $ago }
checks-every = checado a cada { $every }

# A linha de um serviço.
service-down-with = fora do ar, { $evidence }
service-partly-with = falhas parciais, { $evidence }
service-slow-with = com lentidão, { $evidence }
service-up-with = no ar, { $evidence }
service-share = {" "}· { $share }%
service-share-hour = {" "}· { $share }% de sucesso na última hora
