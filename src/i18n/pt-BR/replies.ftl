# O que as respostas aos comandos dizem: status e sobre.
headline-own-network = ⚪ **Não dá para dizer como está o { $whole }**: nossa própria rede está falhando.
headline-not-checked = ⚪ **Ainda não dá para dizer como está o { $whole }**: as primeiras checagens estão em andamento.
headline-stale = ⚪ **Não dá para dizer como está o { $whole }**: nenhuma checagem terminou nos últimos minutos.
headline-not-sure = **{ $subject } { $n ->
    [one] falha
   *[other] falham
} nas nossas checagens**, mas há pouco tempo para ter certeza.
headline-unknown = ⚪ **Não dá para dizer como { $n ->
    [one] está
   *[other] estão
} { $subject }**; todo o resto passa nas nossas checagens.
headline-up = 🟢 **O { $whole } está no ar**: { $n ->
    [one] o serviço passa
   *[other] todos os { $n } serviços passam
} nas nossas checagens
headline-up-one = 🟢 **{ $subject }: no ar**, passa nas nossas checagens
status-not-your-code = O problema não é no seu código. Espace as novas tentativas e mantenha seus tokens.
status-more = … mais com /status e um serviço
button-refresh = Atualizar
button-meaning = O que isso significa?
button-fails = Aqui está falhando
button-day = Últimas 24 h

# /sobre
about-name = **Healthy Upstream { $version }** diz se foi o { $whole } que caiu ou se o problema é com você.
about-watched = Acompanha: { $services }{ $from }.
about-checks = { $n ->
    [one] Uma fonte, checada
   *[other] { $n } fontes, cada uma checada
} a cada { $every }.
about-checks-now = { $n ->
    [one] Uma fonte está sendo checada
   *[other] { $n } fontes estão sendo checadas
}.
about-faq = O FAQ responde a { $n } perguntas: /faq, ou cole um erro em /diagnosticar.
about-ask = Para todos: /status, /quedas, /uptime. Moderação: /alertas inscrever publica em um canal quando algo cai e quando volta.
about-privacy = Não lê mensagens. Guarda: configurações de servidores e quem pediu aviso, até ser avisado. /alertas apagar-dados ou **Me esqueça** apaga tudo.
about-open = Não é feito pelo { $whole }. Software livre sob MIT ou Apache-2.0.
button-details = Detalhes
button-forget-me = Me esqueça
about-budgets-title = **Limites de requisições**
about-budgets-none = Nenhum limite de requisições foi usado ainda.
about-budget = • { $host }: restam { $left } de { $all } requisições por minuto
about-budget-refused = {" "}· { $source } está limitada (rate limit) até { $at }: { $why }
about-sessions = • Discord: { $begun } de { $all } novas conexões por dia usadas
about-sources-title = **Fontes**
about-source = • { $source }: { $said }, checada { $ago }
about-source-never = • { $source }: ainda não checada
about-source-refused = {" "}· limitada (rate limit) até { $at }
about-stored-title = **O que é guardado, e por quanto tempo**
about-stored = • Por canal: as configurações dele, até a inscrição ser cancelada; 30 dias a mais se o canal ou o bot for removido.
about-stored-people = • Por pessoa: só quem tocou em "Me avise quando voltar", até ser avisada (tocar de novo cancela); uma contagem de relatos, sob um hash descartado com a queda.
about-stored-texts = • Textos colados e mensagens: nunca são guardados.
about-delete = Apagar: /alertas apagar-dados para um servidor, **Me esqueça** para você. /alertas exportar-dados dá à moderação o que é guardado sobre o servidor.

# Notas e recusas, só para quem perguntou.
note-stands-already = A mesma resposta já está aqui: { $link }
note-counted-already = Seu relato já foi contado. Valeu!
note-enough-wait = Aqui 100 pessoas já pediram isso, e uma mensagem não pode mencionar mais. A normalização é publicada aqui do mesmo jeito.
note-not-saved = Não foi possível salvar agora; nada mudou. Tente de novo em um minuto.
note-in-doubt = Não veio resposta ao salvar: talvez tenha sido salvo, talvez não. Para ter certeza, tente de novo em um minuto.
note-alerts-in-doubt = Não veio resposta ao salvar: talvez tenha sido salvo, talvez não. Confira com /alertas listar em um minuto e peça de novo se não estiver lá.
note-store-away = Não é possível ler nem salvar nada agora; nada mudou. O status ao vivo continua funcionando. Tente de novo em um minuto.
note-will-notify-here = Quando { $subject } { $n ->
    [one] voltar
   *[other] voltarem
}, mencionamos você aqui, uma vez.
note-will-notify-direct = Quando { $subject } { $n ->
    [one] voltar
   *[other] voltarem
}, você recebe uma única mensagem direta.
note-will-not-notify = Cancelado: você não será avisado. Toque de novo se quiser.
forgotten = Apagado: onde você queria ser avisado e o que relatou. Não guardo nada sobre você.
forgotten-files = **Apagado agora:** onde você queria ser avisado e o que relatou. **Em até uma hora** some também dos meus arquivos e dos backups de cada hora. Fica um hash do seu ID, para que nenhuma exportação antiga traga isso de volta.
forgotten-database = **Apagado agora:** onde você queria ser avisado e o que relatou. Os backups do banco de dados duram enquanto meu operador os mantiver. Fica um hash do seu ID, para que nenhuma exportação antiga traga isso de volta.
note-sorry = Desculpe, algo deu errado do nosso lado. Se acontecer de novo, passe este ID ao meu operador: `{ $id }`
note-slow-down = Essa foi rápida. Tente de novo { $at }.
misuse-full = Este servidor tem { $n ->
    [one] uma inscrição
   *[other] { $n } inscrições
}, que é o limite. Remova uma antes com /alertas cancelar.
misuse-service = Não acompanho "{ $named }". Acompanho: { $known }.
misuse-no-such-outage = Não conheço essa queda. /quedas lista as que conheço.
misuse-cannot-notify-here = Não posso enviar mensagens neste canal, então não tenho como avisar você aqui. Me falta a permissão { $permissions }.
misuse-old-button = Este botão é de uma versão anterior de mim. Pergunte de novo com um comando, como /status.
misuse-no-direct = Não consegui enviar uma mensagem direta a você, então não tenho como avisar quando voltar: { $why }. Nada foi salvo.
misuse-needs-discord = Isso só funciona no Discord.
permission-view-channel = Ver canal
permission-send-messages = Enviar mensagens
permission-attach-files = Anexar arquivos
permission-read-message-history = Ver histórico de mensagens
permission-mention-everyone = Mencionar @everyone, @here e todos os cargos
permission-connect = Conectar
permission-create-public-threads = Criar tópicos públicos
permission-send-messages-in-threads = Enviar mensagens em tópicos

# /quedas e /uptime.
outages-none = 🟢 **{ $whole }, { $days ->
    [one] último dia
   *[other] últimos { $days } dias
}**: nenhuma queda que nós ou a página conheçamos.
outages-title = { $symbol } **{ $whole }, { $days ->
    [one] último dia
   *[other] últimos { $days } dias
}**: { $n ->
    [one] uma queda, já encerrada
   *[other] { $n } quedas, todas encerradas
}.
outages-title-open = { $symbol } **{ $whole }, { $days ->
    [one] último dia
   *[other] últimos { $days } dias
}**: { $n ->
    [one] uma queda, ainda em curso
   *[other] { $n } quedas, { $open ->
        [one] uma
       *[other] { $open }
    } ainda em curso
}.
outages-line = { $symbol } { $at } · { $what }
outages-what = { $subject }: { $level } por { $span }
outages-what-open = { $subject }: { $level }, há { $span }
outages-more = e mais { $n }; estão no menu
outages-hint = Abrir uma como linha do tempo
timeline-skipped = … mais { $n } momentos …
timeline-first-bad = **{ $service }**: primeira checagem com falha, { $evidence }
timeline-posted = tivemos certeza e publicamos
timeline-became = **{ $service }**: { $symbol } { $level }
timeline-first-good = **{ $service }**: voltou a passar nas nossas checagens
timeline-page = página do { $whole }: { $state }
timeline-page-text = página do { $whole }: { $state }: { $text }
timeline-page-withdrew = a página retirou o aviso
timeline-reopened = voltou a falhar
timeline-flapping = começou a cair e voltar
timeline-ended = acabou
button-page = Página de status
uptime-title-quiet = 🟢 **{ $whole }, { $window }**: nenhuma queda.
uptime-title = { $symbol } **{ $whole }, { $window }**: { $n ->
    [one] uma queda, já encerrada
   *[other] { $n } quedas, todas encerradas
}.
uptime-title-open = { $symbol } **{ $whole }, { $window }**: { $n ->
    [one] uma queda, ainda em curso
   *[other] { $n } quedas, { $open ->
        [one] uma
       *[other] { $open }
    } ainda em curso
}.
uptime-service-well = 🟢 **{ $service }**: { $share }%
uptime-service = { $symbol } **{ $service }**: { $share }% · fora do ar { $down }
uptime-checks-well = 🟢 **{ $service }**: disponível { $share }% do tempo
uptime-checks = { $symbol } **{ $service }**: disponível { $share }% do tempo · fora do ar { $down }
uptime-checks-none = ⚪ **{ $service }**: sem dados
uptime-trouble = {" "}· instável { $trouble }
uptime-foot-checks = { $span } de dados{ $from }, desde { $since }. Tempo fora do ar pelas nossas checagens e pela página do { $whole } · detalhes: /quedas
uptime-foot = Parte do tempo sem queda, pelas nossas checagens{ $from } e pela página do { $whole } · detalhes: /quedas
window-24h = últimas 24 horas
window-7d = últimos 7 dias
window-30d = últimos 30 dias
window-90d = últimos 90 dias
