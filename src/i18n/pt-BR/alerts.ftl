# O que as mensagens dizem quando uma queda começa, muda e termina.
outage-down = **{ $subject } { $n ->
    [one] está
   *[other] estão
} fora do ar**
outage-trouble = **{ $subject } { $n ->
    [one] está
   *[other] estão
} com instabilidade**
outage-slow = **{ $subject } { $n ->
    [one] responde
   *[other] respondem
} devagar**
outage-page-down = **A página do { $whole } informa uma queda em { $subject }**
outage-page-trouble = **A página do { $whole } informa instabilidade em { $subject }**
outage-page-shown = **A página de status do { $whole } mostra uma queda de { $subject }**
outage-page-flapping = **A página do { $whole } informa repetidamente instabilidade em { $subject }**
outage-flapping = **{ $subject } { $n ->
    [one] cai e volta
   *[other] caem e voltam
}**
outage-maintenance = **{ $subject }: manutenção**
headline-for = { $headline }, há { $span }
headline-evidence = { $headline }: { $evidence }
preview = Prévia, não há nada de errado: { $line }
preview-foot = Isto é uma prévia: ninguém é mencionado e nada é contado.
posted-late = Publicada com { $span } de atraso; a informação é de { $at }.
service-since = { $symbol } **{ $service }**: { $state }, desde { $at }
service-back = 🟢 **{ $service }**: de volta desde { $at }, depois de { $span }
during-work = Durante uma manutenção anunciada: o { $whole } a chama de { $title }.
part-of-checks = { $n } de { $all } checagens { $n ->
    [one] falha
   *[other] falham
}.
still-answering = Continuam no ar: { $services }.
do-and-dont = **Desenvolvedores:** tentem de novo com backoff. Não desloguem usuários nem troquem chaves.
foot-edit = Esta mensagem se atualiza sozinha. Quando acabar, vem uma nova.
foot-posts = As mudanças e a normalização vêm em novas mensagens.
foot-thread = As mudanças e a normalização vêm neste tópico.
foot-ended = Normalizado { $ago }; veja a mensagem abaixo.
foot-ended-thread = Normalizado { $ago }; veja o tópico.
more-in-outages = … mais com /quedas id:{ $id }

# Algo muda.
joined = { $symbol } **{ $subject } agora também { $n ->
    [one] falha
   *[other] falham
}**
worse-down = { $symbol } **Piorou: { $subject } fora do ar**
worse-trouble = { $symbol } **Piorou: { $subject }**
reopened = { $symbol } **{ $subject } { $n ->
    [one] voltou
   *[other] voltaram
} a falhar.** Contamos como a mesma queda, que já dura { $span }.
ask-again = Se você já foi mencionado: toque no botão de novo para ser mencionado quando acabar.
reopened-page = { $symbol } **A página do { $whole } voltou a informar instabilidade em { $subject }**; contamos como a mesma queda, que já dura { $span }.
back-partly = 🟢 **{ $subject } { $n ->
    [one] voltou.
   *[other] voltaram.
}** Ainda não: { $rest }.
better = { $symbol } **{ $subject }: melhorou, mas ainda não acabou**
page-spoke = { $symbol } **A página do { $whole } agora diz { $state }** sobre { $subject }
confirmed = Nossas próprias checagens agora também falham: a página do { $whole }, que avisou primeiro, estava certa.
page-closed-open = { $symbol } **A página do { $whole } encerrou o aviso**, mas nossas checagens de { $subject } ainda falham.
page-closed = { $symbol } **A página do { $whole } encerrou o aviso** sobre { $subject }.
page-closed-after = 🟢 **A página do { $whole } encerrou o aviso** sobre { $subject }, { $span } depois que nossas checagens voltaram a passar.
since-part = Desde { $at } · { $rest }
reminder = { $symbol } **{ $subject } { $n ->
    [one] continua
   *[other] continuam
} { $level }**, há { $span }
reminder-foot = Lembrete { $n }; o próximo vem depois de uma pausa maior.
flapping-count = { $symbol } { $headline }: { $n ->
    [one] uma vez
   *[other] { $n } vezes
} em { $span }
flapping-foot = Esta mensagem atualiza a contagem. Quando ficar estável por um tempo, vem uma nova.

# Acaba.
end-down = 🟢 **{ $subject } { $n ->
    [one] voltou.** Ficou
   *[other] voltaram.** Ficaram
} fora do ar por { $span }.
end-trouble = 🟢 **{ $subject } { $n ->
    [one] voltou ao normal.** Ficou
   *[other] voltaram ao normal.** Ficaram
} com instabilidade por { $span }.
end-slow = 🟢 **{ $subject } { $n ->
    [one] voltou
   *[other] voltaram
} a responder rápido.** A lentidão durou { $span }.
end-flapping = 🟢 **{ $subject } { $n ->
    [one] voltou.** Caiu e voltou
   *[other] voltaram.** Caíram e voltaram
} { $times } vezes em { $span }.
end-page = 🟢 **A página do { $whole } encerrou o aviso sobre { $subject }.** Ele ficou aberto por { $span }.
end-page-withdrawn = 🟢 **A página do { $whole } retirou o aviso sobre { $subject }.** Ele ficou aberto por { $span }.
end-page-shown = 🟢 **A página de status do { $whole } mostra { $subject } de volta ao normal**, após { $span }.
resolved-down = 🟢 **Resolvido**: { $subject } { $n ->
    [one] ficou
   *[other] ficaram
} fora do ar por { $span }
resolved-trouble = 🟢 **Resolvido**: { $subject } { $n ->
    [one] ficou
   *[other] ficaram
} com instabilidade por { $span }
resolved-slow = 🟢 **Resolvido**: { $subject } { $n ->
    [one] respondeu
   *[other] responderam
} com lentidão por { $span }
resolved-flapping = 🟢 **Resolvido**: { $times } quedas de { $subject } em { $span }
resolved-page = 🟢 **Resolvido**: a página do { $whole } informou instabilidade em { $subject } por { $span }
resolved-page-shown = 🟢 **Resolvido**: a página de status do { $whole } mostrou uma queda de { $subject } por { $span }
resolved-service = • **{ $service }**: { $evidence }, de { $from } até { $until }
end-once-down = 🟢 **{ $subject } { $n ->
    [one] ficou
   *[other] ficaram
} fora do ar por { $span }** e { $n ->
    [one] já voltou
   *[other] já voltaram
}.
end-once-trouble = 🟢 **{ $subject }: instabilidade por { $span }**; { $n ->
    [one] já voltou
   *[other] já voltaram
} ao normal.
end-once-page = 🟢 **A página do { $whole } informou instabilidade em { $subject } por { $span }**; o aviso já foi encerrado.
end-first-bad = • { $at } primeira checagem com falha{ $told }
end-first-slow = • { $at } primeira resposta lenta{ $told }
end-alert-after = {" "}(alerta enviado { $span } depois)
end-service = • **{ $service }**: de { $from } até { $until } ({ $span })
end-stretches = • Falhou { $n } vezes: { $stretches }
end-stretch = de { $from } até { $until } ({ $span })
end-page-said = • { $at } página do { $whole }: { $state }
end-page-said-after = { end-page-said }, { $span } depois de nós
end-page-said-before = { end-page-said }, { $span } antes de nós
end-first-good = • { $at } normalizado
end-page-closed = • { $at } página do { $whole }: aviso encerrado
end-page-up = • { $at } página do { $whole }: de volta ao normal
end-flaps = Caiu e voltou { $n ->
    [one] uma vez
   *[other] { $n } vezes
}.
end-page-still = A página do { $whole } ainda diz { $state }.
end-page-silent = A página do { $whole } nunca mencionou o problema.
end-page-resolved = A página do { $whole } diz "Resolvido".
end-page-withdrew = A página do { $whole } retirou o aviso.
end-no-cause = Nenhuma causa informada ainda.
end-once-foot = Publicada uma só vez, depois que acabou.
recovery-subscribers = Pediram para ser avisados: { $people }

# Manutenção.
maintenance-start = 🔧 **{ $subject }: a manutenção começou**
maintenance-title = O { $whole } chama isso de { $title }.
maintenance-foot = Manutenção anunciada; falhas durante ela são publicadas como parte dela.
maintenance-end = 🟢 **{ $subject }: a manutenção acabou.** Levou { $span }.

# Botões.
button-me-too = Aqui também está falhando
button-notify-me = Me avise quando voltar
button-acknowledge = Silenciar esta queda aqui

# A mensagem de status ao vivo e o relatório semanal.
live-foot = Esta mensagem se atualiza sozinha · se tiver mais de 15 minutos, quem caiu foi este bot, não o { $whole }
live-checked = Checado { $ago }, gerado { $drawn }
weekly-days = De { $from } até { $until }:
weekly-quiet = 🟢 **{ $whole }, esta semana**: nenhuma queda vista{ $from }.
weekly-sums = { $symbol } **{ $whole }, esta semana**: { $n ->
    [one] uma queda
   *[other] { $n } quedas
}, { $span } no total.
weekly-service = • **{ $service }**: { $share }% do tempo sem queda
weekly-outage = • { $at } { $subject }: { $span }
weekly-more = • e mais { $n }
weekly-foot = Das nossas checagens e da página do { $whole } · /alertas inscrever muda ou encerra este relatório

# Por que algo falhou, quando não é dito nas palavras do próprio Discord.
reason-rate-limited = o Discord pediu que eu espere (429)
reason-own-limit = preciso esperar por causa do limite de requisições do Discord
reason-answered = o Discord respondeu com um erro ({ $code })
reason-in-front = um proxy na frente do Discord me recusou ({ $code })
reason-no-answer = o Discord não respondeu a tempo
reason-no-connection = não havia conexão com o Discord
reason-cut = a conexão com o Discord foi cortada
reason-unreadable = não deu para ler a resposta do Discord
reason-stopping = estou sendo reiniciado
reason-request = não foi possível fazer a requisição
reason-file-large = ele passa de 1 MiB
reason-file-elsewhere = ele não está hospedado no Discord
reason-unknown-channel = esse canal não existe (10003)
reason-unknown-message = essa mensagem não existe (10008)
reason-malformed = o Discord rejeitou minha mensagem por estar malformada (50035)
reason-unauthorized = o Discord rejeitou meu token
reason-over = a interação expirou ({ $code })
reason-no-direct = essa pessoa não aceita mensagens diretas (50007)
reason-thread-closed = o tópico está fechado ({ $code })
reason-no-history = lá me falta a permissão "Ver histórico de mensagens" (50013)
reason-too-late = terminou há mais de um dia e não pôde ser publicado antes
reason-channel-gone = o canal não existe mais
reason-removed = fui removido do servidor
