# /faq と /診断 が、ハンドブックの文章のまわりで言うこと。
entry-is-it-you = **原因はあなた側？** { $yours }
entry-dont = **しないこと:** { $dont }
entry-dont-other = **しないこと:** { $dont }
entry-cut = … 続きは **もっと見る** から
entry-for = <@{ $person }> さんへ: { $line }
more-title = **さらに詳しく: { $title }**
more-developers = **開発者向け**
more-causes = **考えられる原因すべて**
more-sources = **出典**（{ $reviewed } 確認）
more-nothing = この項目について、回答以上の内容はありません。
more-cut = … 項目の全文: <{ $url }>
related-hint = 関連する質問
button-more = もっと見る
button-helped = 役に立った
button-not-helped = 役に立たなかった
button-delete = 削除
button-fix = この項目を直す
button-share = ここで共有
voted-helped = ありがとうございます。「役に立った」に数えました。
voted-not-helped = ありがとうございます。数えました。何が足りませんでしたか？ **この項目を直す** でソースを見られます。エラーの正確な文言でもう一度質問することもできます。
entry-gone = その項目はもうハンドブックにありません。今ある項目は /faq で確認できます。
delete-not-yours = この回答を削除できるのは、質問した人とモデレーターだけです。
delete-not-done = Discord の都合でこの回答を削除できませんでした。モデレーターはメッセージのメニューから削除できます。

# 確信がないとき、知らないとき。
faq-unsure = ❔ **ご質問の意味がはっきり分かりません。** 近いものはこちらです:
faq-unsure-line = • **{ $title }**
faq-unsure-foot = 下から選ぶか、エラーの正確な文言で質問してください。
faq-unsure-hint = どれのことですか？
faq-where = ❔ **どこで見ましたか？** 同じ言葉でも、場所によって意味が違います。
faq-where-foot = 見た場所を押すと、それに合わせてお答えします。
faq-none = ❔ **これは分かりません**: { $question }
faq-none-foot = エラーをそのまま /診断 に貼り付けるか、よくある質問をご覧ください:
faq-none-hint = よくある質問
faq-for-private = `宛先:` は回答を誰かに見せ、`非公開:` はあなた以外から隠します。どちらか一方を使ってください。
where-spotify = Spotify
where-proxy = 自分のプロキシ
where-kubernetes = Kubernetes
where-vcenter = vCenter
where-cloud = クラウドサービス
where-website = どこかのサイト

# /診断 と「このエラーを説明」。
form-title = 何が起きましたか？
form-error = エラー、ログ、または curl -i の出力
form-error-hint = 改行もそのまま貼り付けてください。トークンやシークレットを繰り返したり保存したりしません。
diagnose-found = 🔎 **{ $title }**
diagnose-found-more = 🔎 **{ $title }**、ほか{ $n }件
diagnose-line = { $line }行目: { $quote }
diagnose-line-who = { $line }行目: { $quote }。これを出したのは { $who } です。
diagnose-fault = **原因はどこに？** { $yours }
diagnose-now = **今すること:**
diagnose-also = ほかに: **{ $title }**（{ $line }行目、{ $quote }）
diagnose-none = 🔎 **知っているエラーは見つかりませんでした。**
diagnose-none-foot = Spotify、Envoy、nginx、Kubernetes や多くのライブラリのエラーを、正確な文言で見分けます。失敗の前後の行を、ステータスコードと本文も含めて貼り付けてください。`curl -i` なら両方が出ます。/faq で言葉で質問することもできます。
diagnose-shared = 誰かのエラーを **このエラーを説明** で調べたもの: { $link }
diagnose-empty = このメッセージには説明できる文章もテキストファイルもありません。エラーが載っているメッセージでお試しください。
diagnose-file-unread = ファイルを読めませんでした: { $why }。1 MiB までのテキストファイルを使うか、失敗の前後の行を貼り付けてください。
diagnose-file-kind = テキストファイルではないようです。1 MiB までのログかテキストを添付するか、失敗の前後の行を貼り付けてください。
diagnose-file-large = ファイルが 1 MiB を超えています。代わりに失敗の前後の行を貼り付けてください。
diagnose-too-much = 一度に読むには多すぎます。代わりに失敗の前後の行を貼り付けてください。
diagnose-hint = ほかの結果を説明

# シークレット。
secrets-yours = ⚠️ **貼り付けた内容にシークレットが含まれています**: 他人に知られたものとして扱ってください。
secrets-theirs = ⚠️ **そのメッセージにシークレットが含まれています**: このチャンネルを読める全員に見えています。
secrets-line = • { $name }: { $cure }
secrets-more = • ほかに { $makers } のものもあります。それぞれ作成した場所で取り消してください
secrets-foot = こちらでは繰り返しも保存もしていません。
secrets-tell-them = <@{ $person }> さんにメッセージの削除とシークレットの無効化を頼むか、モデレーターに削除を依頼してください。
secret-bearer-token = アクセストークン
secret-basic-header = Basic ヘッダー
secret-client-secret = クライアントシークレット
secret-refresh-token = リフレッシュトークン
secret-oauth-code = ログインコード
secret-discord-token = Discord トークン
secret-discord-webhook = Discord Webhook
secret-private-key = 秘密鍵
secret-login-cookie = ログイン Cookie
secret-made = { $maker } のキーまたはトークン
secret-password = パスワードまたはキー

# それぞれの対処と場所。
secret-bearer-token-cure = 1時間以内に自然に失効します。すぐに無効にするには、https://www.spotify.com/account/apps/ でアプリを削除してください
secret-basic-header-cure = ID とシークレットが読める形で入っています。https://developer.spotify.com/dashboard でクライアントシークレットを再発行するか、そのパスワードを変更してください
secret-client-secret-cure = 再発行してください: https://developer.spotify.com/dashboard で対象のアプリの Settings → Rotate client secret
secret-refresh-token-cure = https://www.spotify.com/account/apps/ でアプリを削除し、ログインし直してください。リフレッシュトークンは数か月有効です
secret-oauth-code-cure = 使えるのは1回だけ、長くても10分間です。ログインし直して使用済みにしてください
secret-discord-token-cure = 今すぐリセットしてください: https://discord.com/developers/applications で対象のアプリの Bot → Reset Token
secret-discord-webhook-cure = Webhook を削除してください: チャンネルの設定 → 連携サービス → ウェブフック。アドレスを知っている人は誰でも投稿できます
secret-private-key-cure = 漏れたものとして扱い、新しい鍵ペアを作って、古い鍵とその証明書をすべて置き換えてください
secret-login-cookie-cure = https://www.spotify.com/account/ ですべての端末からログアウトしてください。この Cookie を使うセッションがすべて終わります
secret-made-cure = 取り消して新しいものを作成してください: { $link }
secret-password-cure = 本来の場所と、ほかに使っているすべての場所で変更してください
