# O que /faq e /diagnosticar dizem em volta das palavras do próprio manual.
entry-is-it-you = **É com você?** { $yours }
entry-dont = **Evite:** { $dont }
entry-dont-other = **Evite:** { $dont }
entry-cut = … o resto está em **Mais**
entry-for = Para <@{ $person }>: { $line }
more-title = **Mais sobre: { $title }**
more-developers = **Para quem desenvolve**
more-causes = **Todas as causas**
more-sources = **Fontes** (verificadas em { $reviewed })
more-nothing = Não há mais nada a dizer sobre esta além da resposta.
more-cut = … a entrada completa: <{ $url }>
related-hint = Perguntas relacionadas
button-more = Mais
button-helped = Ajudou
button-not-helped = Não ajudou
button-delete = Apagar
button-fix = Corrigir esta entrada
button-share = Compartilhar aqui
voted-helped = Valeu: contada como útil.
voted-not-helped = Valeu: contado. O que faltou? **Corrigir esta entrada** mostra a fonte; ou pergunte de novo com as palavras exatas do erro.
entry-gone = Essa entrada não está mais no manual. /faq mostra as que estão.
delete-not-yours = Só quem perguntou, ou a moderação, pode apagar esta resposta.
delete-not-done = O Discord não me deixou apagar esta resposta. A moderação pode apagá-la pelo menu dela.

# Sem certeza, ou desconhecido.
faq-unsure = ❔ **Não sei bem o que você quer dizer.** O mais próximo que tenho:
faq-unsure-line = • **{ $title }**
faq-unsure-foot = Escolha uma abaixo, ou pergunte com as palavras exatas do erro.
faq-unsure-hint = Qual delas você quer dizer?
faq-where = ❔ **Onde você viu isso?** As mesmas palavras significam coisas diferentes em lugares diferentes.
faq-where-foot = Toque em onde você viu, e eu respondo para esse lugar.
faq-none = ❔ **Esta eu não conheço**: { $question }
faq-none-foot = Cole o erro exato em /diagnosticar, ou veja o que mais perguntam:
faq-none-hint = O que mais perguntam
faq-for-private = `para:` mostra a resposta a alguém, `privado:` a esconde de todos menos você. Use só um deles.
where-spotify = Spotify
where-proxy = Meu próprio proxy
where-kubernetes = Kubernetes
where-vcenter = vCenter
where-cloud = Uma plataforma de nuvem
where-website = Algum site

# /diagnosticar e "Explicar este erro".
form-title = O que deu errado?
form-error = O erro, o log ou a saída de curl -i
form-error-hint = Cole com as quebras de linha. Tokens e segredos nunca são repetidos nem guardados.
diagnose-found = 🔎 **{ $title }**
diagnose-found-more = 🔎 **{ $title }**, e mais { $n }
diagnose-line = A linha { $line } diz { $quote }
diagnose-line-who = A linha { $line } diz { $quote }: isso é { $who }.
diagnose-fault = **De quem é a culpa?** { $yours }
diagnose-now = **Agora:**
diagnose-also = Também: **{ $title }** (linha { $line }, { $quote })
diagnose-none = 🔎 **Não reconheço nenhum erro nisto.**
diagnose-none-foot = Conheço os erros do Spotify, do Envoy, do nginx, do Kubernetes e de muitas bibliotecas pelas palavras exatas. Cole as linhas em volta da falha, com o código de status e o corpo; `curl -i` mostra os dois. Ou pergunte com palavras em /faq.
diagnose-shared = Do erro de alguém, visto com **Explicar este erro**: { $link }
diagnose-empty = Não há texto nesta mensagem para explicar, nem arquivo de texto. Tente na mensagem que mostra o erro.
diagnose-file-unread = Não consegui ler esse arquivo: { $why }. Arquivos de texto até 1 MiB funcionam; ou cole as linhas em volta da falha.
diagnose-file-kind = Isso não parece um arquivo de texto. Anexe um log ou texto até 1 MiB, ou cole as linhas em volta da falha.
diagnose-file-large = Esse arquivo passa de 1 MiB. Em vez dele, cole as linhas em volta da falha.
diagnose-too-much = Isso é demais para ler de uma vez. Em vez disso, cole as linhas em volta da falha.
diagnose-hint = Explicar outro achado

# Segredos.
secrets-yours = ⚠️ **Há segredos no que você colou**: considere que outros já os conhecem.
secrets-theirs = ⚠️ **Há segredos nessa mensagem**: todos que leem este canal podem lê-los.
secrets-line = • { $name }: { $cure }
secrets-more = • E mais, de { $makers }: revogue cada um onde foi criado
secrets-foot = Não os repeti nem guardei.
secrets-tell-them = Peça a <@{ $person }> que apague a mensagem e revogue os segredos, ou peça à moderação que a apague.
secret-bearer-token = Access token
secret-basic-header = Header Basic
secret-client-secret = Client secret
secret-refresh-token = Refresh token
secret-oauth-code = Código de login
secret-discord-token = Token do Discord
secret-discord-webhook = Webhook do Discord
secret-private-key = Chave privada
secret-login-cookie = Cookie de login
secret-made = Chave ou token de { $maker }
secret-password = Senha ou chave

# O que fazer com cada um, e onde.
secret-bearer-token-cure = Ele expira sozinho em até uma hora. Para encerrar agora, remova o app em https://www.spotify.com/account/apps/
secret-basic-header-cure = Ele traz o id e o segredo em forma legível: troque o client secret em https://developer.spotify.com/dashboard, ou mude essa senha
secret-client-secret-cure = Troque-o: https://developer.spotify.com/dashboard, seu app, Settings, Rotate client secret
secret-refresh-token-cure = Remova o app em https://www.spotify.com/account/apps/ e entre de novo; um refresh token dura meses
secret-oauth-code-cure = Ele vale uma vez e por dez minutos no máximo: entre de novo para que ele seja consumido
secret-discord-token-cure = Redefina-o agora: https://discord.com/developers/applications, seu app, Bot, Reset Token
secret-discord-webhook-cure = Apague o webhook: configurações do canal, Integrações, Webhooks; quem tem o endereço pode publicar
secret-private-key-cure = Considere-a perdida: gere um novo par de chaves e substitua a antiga e os certificados dela em todos os lugares
secret-login-cookie-cure = Saia de todos os dispositivos em https://www.spotify.com/account/, o que encerra todas as sessões que o usam
secret-made-cure = Revogue e crie outro: { $link }
secret-password-cure = Mude-a onde ela pertence, e em todos os outros lugares em que é usada
