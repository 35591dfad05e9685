# コマンドへの回答: ステータスとボット情報。
headline-own-network = ⚪ **{ $whole } の状態は分かりません**: こちらのネットワークの不調です。
headline-not-checked = ⚪ **{ $whole } の状態はまだ分かりません**: 最初のチェックを実行中です。
headline-stale = ⚪ **{ $whole } の状態は分かりません**: 最近完了したチェックがありません。
headline-not-sure = **{ $subject } { $n ->
   *[other] がこちらのチェックで失敗しています
}**。まだ短時間なので断定はできません。
headline-unknown = ⚪ **{ $subject } { $n ->
   *[other] の状態は分かりません
}**。ほかはすべてこちらのチェックに成功しています。
headline-up = 🟢 **{ $whole } は正常です**: { $n ->
   *[other] 全{ $n }サービス
}がこちらのチェックに成功しています
headline-up-one = 🟢 **{ $subject } は正常です**: こちらのチェックに成功しています
status-not-your-code = あなたのコードのせいではありません。再試行の間隔を空け、トークンはそのままにしてください。
status-more = … 続きは /ステータス でサービスを指定
button-refresh = 更新
button-meaning = これはどういう意味？
button-fails = 自分の環境では失敗する
button-day = 直近24時間

# /ボット情報
about-name = **Healthy Upstream { $version }** は、{ $whole } が落ちているのか自分側の問題なのかをお伝えします。
about-watched = 監視対象: { $services }{ $from }。
about-checks = { $n ->
   *[other] { $n }件の情報源を
}それぞれ{ $every }ごとにチェック。
about-checks-now = { $n ->
   *[other] { $n }件の情報源をチェックしています
}。
about-faq = FAQ は{ $n }件の質問に答えます: /faq、またはエラーを /診断 に貼り付けてください。
about-ask = どなたでも: /ステータス、/障害、/稼働率。モデレーター: /アラート 登録 で、障害と復旧をチャンネルに投稿します。
about-privacy = メッセージは読みません。保存するのはサーバーの設定と、通知を希望した人（通知するまで）だけです。/アラート データ削除 または **自分のデータを削除** で消せます。
about-open = { $whole } が作ったものではありません。MIT または Apache-2.0 の自由ソフトウェアです。
button-details = 詳細
button-forget-me = 自分のデータを削除
about-budgets-title = **リクエスト枠**
about-budgets-none = リクエスト枠はまだ使っていません。
about-budget = • { $host }: 毎分{ $all }回のリクエストのうち残り{ $left }回
about-budget-refused = {" "}· { $source } は{ $at }までレート制限中: { $why }
about-sessions = • Discord: 1日の新規接続{ $all }回のうち{ $begun }回を使用
about-sources-title = **情報源**
about-source = • { $source }: { $said }、{ $ago }にチェック
about-source-never = • { $source }: まだチェックしていません
about-source-refused = {" "}· { $at }までレート制限中
about-stored-title = **何を、いつまで保存するか**
about-stored = • チャンネルごと: その設定。登録の解除まで。チャンネルが削除されたりボットが外されたりした場合は、さらに30日間。
about-stored-people = • 個人ごと: 「復旧したら通知」を押した人だけ、通知するまで（もう一度押すと取り消せます）。報告の数は、障害とともに破棄するハッシュで数えます。
about-stored-texts = • 貼り付けた文章とメッセージ: 一切保存しません。
about-delete = 削除: サーバーは /アラート データ削除、ご自身は **自分のデータを削除**。/アラート データ書き出し で、モデレーターはサーバーについて保存されたものを受け取れます。

# 本人だけに見えるお知らせとお断り。
note-stands-already = 同じ回答がすでにここにあります: { $link }
note-counted-already = すでに数えています。ありがとうございます。
note-enough-wait = ここではすでに100人が通知を希望しており、1つのメッセージでこれ以上はメンションできません。復旧はここに投稿します。
note-not-saved = 今は保存できませんでした。何も変わっていません。1分後にもう一度お試しください。
note-in-doubt = 保存時に応答がありませんでした。保存されたかどうかは分かりません。確実にしたい場合は、1分後にもう一度お試しください。
note-alerts-in-doubt = 保存時に応答がありませんでした。保存されたかどうかは分かりません。1分後に /アラート 一覧 で確認し、なければもう一度お試しください。
note-store-away = 今は読み取りも保存もできません。何も変わっていません。ライブステータスは引き続き使えます。1分後にもう一度お試しください。
note-will-notify-here = { $subject } { $n ->
   *[other] が復旧したら
}、ここで一度だけメンションします。
note-will-notify-direct = { $subject } { $n ->
   *[other] が復旧したら
}、ダイレクトメッセージを1通だけ送ります。
note-will-not-notify = 取り消しました。通知しません。必要になったら、もう一度押してください。
forgotten = 通知の希望と報告を削除しました。あなたについて保存しているものはありません。
forgotten-files = 通知の希望と報告を**今削除しました**。**1時間以内**に、ファイルと1時間ごとのバックアップからも消えます。古い書き出しデータから復元されないように、ID のハッシュだけを残します。
forgotten-database = 通知の希望と報告を**今削除しました**。データベースのバックアップは、運営者が保管する間残ります。古い書き出しデータから復元されないように、ID のハッシュだけを残します。
note-sorry = 申し訳ありません、こちらの不具合で失敗しました。また起きたら、この ID を運営者にお伝えください: `{ $id }`
note-slow-down = 少し早すぎます。{ $at }にもう一度お試しください。
misuse-full = このサーバーの登録は{ $n ->
   *[other] { $n }件
}で、上限です。先に /アラート 解除 で1件減らしてください。
misuse-service = 「{ $named }」は監視していません。監視対象: { $known }。
misuse-no-such-outage = その障害は見つかりません。/障害 で一覧を確認できます。
misuse-cannot-notify-here = このチャンネルには投稿できないため、ここでは通知できません。足りない権限: { $permissions }。
misuse-old-button = このボタンは古いバージョンのものです。/ステータス などのコマンドでもう一度お試しください。
misuse-no-direct = ダイレクトメッセージを送れなかったため、復旧を通知できません: { $why }。何も保存していません。
misuse-needs-discord = これは Discord でのみ使えます。
permission-view-channel = チャンネルを見る
permission-send-messages = メッセージを送信
permission-attach-files = ファイルを添付
permission-read-message-history = メッセージ履歴を読む
permission-mention-everyone = @everyone、@here、すべてのロールにメンション
permission-connect = 接続
permission-create-public-threads = 公開スレッドの作成
permission-send-messages-in-threads = スレッドでメッセージを送信

# /障害 と /稼働率。
outages-none = 🟢 **{ $whole }、直近{ $days ->
   *[other] { $days }日間
}**: こちらとステータスページが把握している障害はありません。
outages-title = { $symbol } **{ $whole }、直近{ $days ->
   *[other] { $days }日間
}**: { $n ->
   *[other] 障害{ $n }件、すべて終了
}。
outages-title-open = { $symbol } **{ $whole }、直近{ $days ->
   *[other] { $days }日間
}**: { $n ->
    [1] 障害1件、継続中
   *[other] 障害{ $n }件、うち{ $open }件は継続中
}。
outages-line = { $symbol } { $at } · { $what }
outages-what = { $subject }: { $level }（{ $span }）
outages-what-open = { $subject }: { $level }（{ $span }経過、継続中）
outages-more = ほか{ $n }件はメニューから選べます
outages-hint = タイムラインで開く
timeline-skipped = … ほか{ $n }件の動き …
timeline-first-bad = **{ $service }**: 最初のチェック失敗、{ $evidence }
timeline-posted = 確証が得られ、投稿しました
timeline-became = **{ $service }**: { $symbol } { $level }
timeline-first-good = **{ $service }**: チェックが再び成功
timeline-page = { $whole } のステータスページ: { $state }
timeline-page-text = { $whole } のステータスページ: { $state }: { $text }
timeline-page-withdrew = ステータスページが報告を取り下げました
timeline-reopened = 再び失敗しました
timeline-flapping = 停止と復旧を繰り返し始めました
timeline-ended = 終了
button-page = ステータスページ
uptime-title-quiet = 🟢 **{ $whole }、直近{ $window }**: 障害はありません。
uptime-title = { $symbol } **{ $whole }、直近{ $window }**: { $n ->
   *[other] 障害{ $n }件、すべて終了
}。
uptime-title-open = { $symbol } **{ $whole }、直近{ $window }**: { $n ->
    [1] 障害1件、継続中
   *[other] 障害{ $n }件、うち{ $open }件は継続中
}。
uptime-service-well = 🟢 **{ $service }**: { $share }%
uptime-service = { $symbol } **{ $service }**: { $share }% · ダウン { $down }
uptime-checks-well = 🟢 **{ $service }**: 正常だった時間 { $share }%
uptime-checks = { $symbol } **{ $service }**: 正常だった時間 { $share }% · ダウン { $down }
uptime-checks-none = ⚪ **{ $service }**: データなし
uptime-trouble = {" "}· 不具合 { $trouble }
uptime-foot-checks = データ期間: { $since }から{ $span }{ $from }。ダウンした時間は、こちらのチェックと { $whole } のステータスページより · 詳細: /障害
uptime-foot = 障害のなかった時間の割合。こちらのチェック{ $from }と { $whole } のステータスページより · 詳細: /障害
window-24h = 24時間
window-7d = 7日間
window-30d = 30日間
window-90d = 90日間
