# O que /alertas diz à moderação.
misuse-needs-manage-channels = Para isso você precisa de **Gerenciar canais**.
misuse-needs-manage-channels-there = Para isso você precisa de **Gerenciar canais** em <#{ $channel }>. Nada foi alterado.
misuse-needs-manage-channels-everywhere = Isso vale para o servidor inteiro: você precisa de **Gerenciar canais** por um dos seus cargos, não só em canais isolados. Nada foi alterado.
misuse-server-unknown = Não consegui ler os cargos deste servidor: { $why }. Nada foi alterado.
misuse-needs-server = /alertas funciona em servidores para os quais fui convidado. Em conversa direta, **Me avise quando voltar** faz o mesmo só para você.
misuse-not-a-channel = Não posso enviar mensagens nesse tipo de canal. Escolha um canal de texto, de anúncios ou fórum, ou um tópico.
misuse-lacking = Ainda não posso enviar mensagens em <#{ $channel }>. Lá me falta { $permissions }. Adicione e peça de novo. Nada foi salvo.
misuse-channel-unknown = Não consegui ler <#{ $channel }>: { $why }. Nada foi salvo.
misuse-everyone = Eu nunca menciono @everyone. Crie um cargo que as pessoas possam pegar por conta própria e escolha esse.
misuse-role-not-mentionable = Não posso mencionar <@&{ $role }>. Permita que qualquer pessoa o mencione (Configurações do servidor → Cargos), ou me dê **`Mencionar @everyone, @here e todos os cargos`**. Nada foi salvo.
misuse-role-not-yours = Você não pode mencionar <@&{ $role }>, então não pode me deixar fazer isso. Peça a alguém que possa.
misuse-not-subscribed = <#{ $channel }> não está inscrito. /alertas listar mostra os que estão.
misuse-nothing-missed = <#{ $channel }> não perdeu nenhum alerta recentemente.
misuse-live-what = Diga o canal da mensagem de status ao vivo, ou use desligar: para removê-la.
misuse-must-tag = Em <#{ $channel }> toda publicação precisa de uma tag, e eu não posso escolhê-la. **Deixe de exigir tags** nas configurações desse fórum, ou indique outro canal. Nada foi salvo.

# O cartão de configurações.
card-saved = ✅ **Salvo:** <#{ $channel }> recebe uma mensagem quando o { $whole } cai e quando volta.
card-title = ⚙️ **<#{ $channel }>**: alertas sobre o { $whole }
card-services = • Serviços: { $services }
card-services-all = todos, também os que vierem depois
card-events = • Eventos: { $events }
card-events-none = nenhum: nada é publicado aqui
card-severity-outages = • Gravidade: só quedas
card-severity-slowdowns = • Gravidade: quedas e lentidão
card-roles = • Menções no início: { $roles }
card-mode-edit = • Formato: uma mensagem, mantida atualizada; a normalização é uma nova mensagem
card-mode-posts = • Formato: cada mudança é uma nova mensagem
card-mode-thread = • Formato: um tópico por queda
card-extras = • Extras: { $extras }
card-defaults = -# Configuração padrão: todos os serviços, só quedas, sem menções. Mude abaixo.
card-paused = ⚠️ Em pausa desde { $at }: { $why }. Volta por conta própria; /alertas verificar diz o que corrigir.
card-roles-caution = -# Me falta **`Mencionar @everyone, @here e todos os cargos`** lá: destes cargos, só posso mencionar os que qualquer pessoa pode mencionar.
hint-services = Serviços (todos, se você não escolher)
hint-events = O que publicar
hint-roles = Cargos a mencionar no início
hint-mode = Em que formato
event-start = Caiu
event-worse = Piorou
event-end = Voltou
event-maintenance = Manutenção anunciada
event-slowdowns = Lentidão também
event-publish = Publicar para os seguidores
event-start-about = Uma nova mensagem quando uma queda começa
event-worse-about = Quando piora ou atinge outro serviço
event-end-about = Uma nova mensagem com a duração real
event-maintenance-about = Quando uma manutenção anunciada começa e termina
event-slowdowns-about = Não só quedas: também lentidão ou falhas parciais
event-publish-about = Início e fim vão para os servidores que seguem este canal
extra-quiet = silencioso (sem som)
extra-reminders = lembretes enquanto durar
extra-weekly = relatório semanal
extra-publish = publicado para os seguidores
mode-edit = Uma mensagem, mantida atualizada
mode-posts = Cada mudança é uma nova mensagem
mode-thread = Um tópico por queda
mode-edit-about = Uma mensagem de início sempre atualizada, respostas curtas quando piora e um aviso quando volta
mode-posts-about = Nada é editado
mode-thread-about = O canal vê o início; o resto fica no tópico
button-quiet-on = Silencioso: sim
button-quiet-off = Silencioso: não
button-reminders-on = Lembretes: sim
button-reminders-off = Lembretes: não
button-weekly-on = Relatório semanal: sim
button-weekly-off = Relatório semanal: não
button-test = Testar
button-unsubscribe = Cancelar inscrição

# listar, cancelar, testar, ao-vivo, apagar-dados, silenciar.
list-none = Nenhum canal deste servidor está inscrito. /alertas inscrever adiciona um.
list-title = **{ $n ->
    [one] Um canal deste servidor está inscrito
   *[other] { $n } canais deste servidor estão inscritos
} nos alertas do { $whole }** (limite { $allowed })
list-line = • <#{ $channel }>: { $services } · { $severity }{ $roles }{ $paused }
list-all-services = todos os serviços
list-outages = quedas
list-slowdowns = quedas e lentidão
list-roles = {" "}· menciona { $roles }
list-paused = {" "}· ⚠️ em pausa: { $why }
list-given-up = {" "}· ⚠️ desisti: { $why }
list-gone = • <#{ $channel }>: não está inscrito{ $lost }
list-foot = /alertas inscrever com um canal abre as configurações dele; /alertas verificar diz o que está quebrado.
button-list-back = Voltar
button-list-more = Mais
unsubscribed = A inscrição de <#{ $channel }> foi cancelada. Nada mais é publicado lá, nem a normalização de uma queda em curso.
unsubscribed-nothing = <#{ $channel }> já não estava inscrito.
tested = Três prévias (início, mudança, normalização) estão a caminho de <#{ $channel }>. Elas são marcadas como prévias e não mencionam ninguém.
live-set = <#{ $channel }> agora tem a mensagem de status ao vivo. Use de novo com outro canal para mudá-la de lugar.
live-off = A mensagem de status ao vivo foi removida.
live-off-nothing = Não havia mensagem de status ao vivo.
delete-ask = ⚠️ **Apagar tudo o que é guardado sobre este servidor?** Isso inclui:
delete-count = • { $kind }: { $n }
stored-subscriptions = inscrições
stored-set-aside = inscrições de um bot removido, restauradas se ele voltar
stored-deliveries = envios em andamento
stored-given-up = envios que falharam
stored-told = mensagens mantidas atualizadas
stored-boards = mensagens de status ao vivo
delete-nothing = Nada é guardado sobre este servidor.
delete-foot = Nenhum canal vai mais receber alertas. Isso não pode ser desfeito. Antes disso, /alertas exportar-dados dá a você uma cópia.
button-delete-yes = Apagar tudo
deleted = **Apagado agora:** tudo o que era guardado sobre este servidor.
deleted-files = **Em até uma hora** some também dos meus arquivos e dos backups de cada hora. O que meu operador copiou à mão para outro lugar continua lá. Fica aqui um hash do ID deste servidor, para que nenhuma exportação antiga traga isso de volta.
deleted-database = Os backups do banco de dados duram enquanto meu operador os mantiver. Fica um hash do ID deste servidor, para que nenhuma exportação antiga traga isso de volta.
deleted-posts = O que publiquei nos seus canais fica lá até você apagar.
exported = Tudo o que é guardado sobre este servidor, em um arquivo: { $n ->
    [one] um registro
   *[other] { $n } registros
}. Só você vê.
exported-cut = Há mais, que não coube. Peça o resto ao meu operador.
acknowledged = Silenciado: nada mais desta queda é publicado aqui, exceto a normalização.
acknowledged-nothing = Não havia o que silenciar: este canal não está inscrito, ou a queda já acabou.
acknowledge-over = Já acabou; não há mais o que silenciar.

# verificar.
doctor-title-well = { $n ->
    [one] ✅ **A única inscrição deste servidor funciona.**
   *[other] ✅ **Todas as { $n } inscrições deste servidor funcionam.**
}
doctor-title = ⚠️ **{ $n ->
    [one] Uma inscrição precisa
   *[other] { $n } inscrições precisam
} da sua atenção:**
doctor-title-unchecked = ⚠️ **{ $n ->
    [one] Não foi possível verificar uma inscrição
   *[other] Não foi possível verificar { $n } inscrições
}:**
doctor-paused = { $mark } <#{ $channel }>: o Discord me recusa desde { $at }: { $why }. **Solução:** { $fix } Nova tentativa às { $retry }; volta por conta própria.
doctor-missed = { $mark } <#{ $channel }>: um alerta não foi publicado: { $why }.
doctor-gone = { $mark } <#{ $channel }>: este canal não existe mais. **Solução:** inscreva outro com /alertas inscrever.
doctor-lacking = { $mark } <#{ $channel }>: não consigo enviar mensagens lá. **Solução:** { $fix }
doctor-unchecked = { $mark } <#{ $channel }>: não consegui verificar este canal: { $why }. Pergunte de novo mais tarde.
doctor-no-time = não houve tempo suficiente
doctor-more = … e { $n ->
    [one] mais um
   *[other] mais { $n }
}: resolva estes primeiro e pergunte de novo.
doctor-fix-access = dê ao meu cargo { $permissions } nesse canal.
doctor-fix-thread = reabra o tópico, ou inscreva o canal dele.
doctor-fix-tag = **deixe de exigir tags** nas configurações desse fórum.
doctor-fix-other = confira as permissões do meu cargo nesse canal e na categoria dele.
button-post-now = Enviar agora
button-post-now-in = Enviar agora ({ $n })
posting-now = O que <#{ $channel }> perdeu está a caminho.
