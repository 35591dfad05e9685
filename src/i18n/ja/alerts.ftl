# 障害が始まるとき、変わるとき、終わるときの投稿。
outage-down = **{ $subject } { $n ->
   *[other] がダウンしています
}**
outage-trouble = **{ $subject } { $n ->
   *[other] に不具合が出ています
}**
outage-slow = **{ $subject } の応答が遅くなっています**
outage-page-down = **{ $whole } のステータスページによると、{ $subject } に障害が出ています**
outage-page-trouble = **{ $whole } のステータスページによると、{ $subject } に不具合が出ています**
outage-page-shown = **{ $whole } のステータスページが { $subject } の障害を表示しています**
outage-page-flapping = **{ $whole } のステータスページが { $subject } の不具合を繰り返し報告しています**
outage-flapping = **{ $subject } { $n ->
   *[other] が停止と復旧を繰り返しています
}**
outage-maintenance = **{ $subject }: メンテナンス**
headline-for = { $headline }（{ $span }経過）
headline-evidence = { $headline }: { $evidence }
preview = プレビュー（実際の障害ではありません）: { $line }
preview-foot = これはプレビューです。誰にもメンションせず、何も記録しません。
posted-late = この投稿は{ $span }遅れています。判明したのは{ $at }です。
service-since = { $symbol } **{ $service }**: { $state }、{ $at }から
service-back = 🟢 **{ $service }**: { $at }に復旧（{ $span }後）
during-work = 予告されたメンテナンス中です。{ $whole } による名称: { $title }
part-of-checks = { $all }件中{ $n }件のチェックが失敗しています。
still-answering = 正常なサービス: { $services }。
do-and-dont = **開発者の方へ:** 再試行はバックオフを入れて行ってください。ユーザーをログアウトさせたり、キーをローテーションしたりしないでください。
foot-edit = この投稿は自動で更新されます。復旧したら新しい投稿でお知らせします。
foot-posts = 変化と復旧は新しい投稿でお知らせします。
foot-thread = 変化と復旧はこのスレッドでお知らせします。
foot-ended = { $ago }に復旧しました。詳しくは下の投稿をご覧ください。
foot-ended-thread = { $ago }に復旧しました。詳しくはスレッドをご覧ください。
more-in-outages = … 続きは /障害 id:{ $id }

# 変化。
joined = { $symbol } **{ $subject } { $n ->
   *[other] にも障害が出ています
}**
worse-down = { $symbol } **{ $subject } の状態が悪化し、ダウンしました**
worse-trouble = { $symbol } **{ $subject } の状態が悪化しました**
reopened = { $symbol } **{ $subject } { $n ->
   *[other] で再び障害が出ています。
}** 同じ障害として数えます（開始から{ $span }）。
ask-again = すでにメンションされた方は、もう一度ボタンを押すと復旧時にもメンションされます。
reopened-page = { $symbol } **{ $whole } のステータスページが { $subject } の不具合を再び報告しています**。同じ障害として数えます（開始から{ $span }）。
back-partly = 🟢 **{ $subject } { $n ->
   *[other] が復旧しました。
}** 未復旧: { $rest }。
better = { $symbol } **{ $subject }: 改善しましたが、まだ復旧していません**
page-spoke = { $symbol } **{ $whole } のステータスページが{ $state }になりました**（{ $subject }）
confirmed = こちらのチェックも失敗し始めました。先に出ていた { $whole } のステータスページの報告どおりです。
page-closed-open = { $symbol } **{ $whole } のステータスページは報告を終了しましたが**、{ $subject } のチェックはまだ失敗しています。
page-closed = { $symbol } **{ $whole } のステータスページが報告を終了しました**（{ $subject }）。
page-closed-after = 🟢 **{ $whole } のステータスページが報告を終了しました**（{ $subject }）。こちらのチェックが再び成功してから{ $span }後です。
since-part = { $at }から · { $rest }
reminder = { $symbol } **{ $subject } { $n ->
   *[other] はまだ「{ $level }」の状態です
}**（{ $span }経過）
reminder-foot = リマインダー{ $n }回目です。次回までの間隔はさらに空きます。
flapping-count = { $symbol } { $headline }: { $span }で{ $n ->
   *[other] { $n }回
}
flapping-foot = 回数はこの投稿で更新します。しばらく安定したら新しい投稿でお知らせします。

# 終了。
end-down = 🟢 **{ $subject } { $n ->
   *[other] が復旧しました。** ダウンしていた時間は
}{ $span }です。
end-trouble = 🟢 **{ $subject } { $n ->
   *[other] が正常に戻りました。** 不具合が続いた時間は
}{ $span }です。
end-slow = 🟢 **{ $subject } の応答速度が戻りました。** 遅かった時間は{ $span }です。
end-flapping = 🟢 **{ $subject } が復旧しました。** { $span }の間に停止と復旧を{ $times }回繰り返しました。
end-page = 🟢 **{ $whole } のステータスページが { $subject } の報告を終了しました。** 掲載されていた時間は{ $span }です。
end-page-withdrawn = 🟢 **{ $whole } のステータスページが { $subject } の報告を取り下げました。** 掲載されていた時間は{ $span }です。
end-page-shown = 🟢 **{ $whole } のステータスページで { $subject } が正常表示に戻りました**（{ $span }後）。
resolved-down = 🟢 **解決済み**: { $subject } は{ $span }ダウンしていました
resolved-trouble = 🟢 **解決済み**: { $subject } では{ $span }不具合が続いていました
resolved-slow = 🟢 **解決済み**: { $subject } は{ $span }応答が遅くなっていました
resolved-flapping = 🟢 **解決済み**: { $subject } は{ $span }の間に停止と復旧を{ $times }回繰り返しました
resolved-page = 🟢 **解決済み**: { $whole } のステータスページが { $subject } の不具合を{ $span }にわたって報告していました
resolved-page-shown = 🟢 **解決済み**: { $whole } のステータスページが { $subject } の障害を{ $span }にわたって表示していました
resolved-service = • **{ $service }**: { $evidence }、{ $from } ～ { $until }
end-once-down = 🟢 **{ $subject } { $n ->
   *[other] が
}{ $span }ダウンし**、{ $n ->
   *[other] 復旧しました
}。
end-once-trouble = 🟢 **{ $subject } に{ $span }の不具合があり**、{ $n ->
   *[other] 正常に戻りました
}。
end-once-page = 🟢 **{ $whole } のステータスページが { $subject } の不具合を{ $span }にわたって報告し**、すでに終了しました。
end-first-bad = • { $at } 最初のチェック失敗{ $told }
end-first-slow = • { $at } 最初の遅い応答{ $told }
end-alert-after = （{ $span }後に通知）
end-service = • **{ $service }**: { $from } ～ { $until }（{ $span }）
end-stretches = • { $n }回発生: { $stretches }
end-stretch = { $from } ～ { $until }（{ $span }）
end-page-said = • { $at } { $whole } のステータスページ: { $state }
end-page-said-after = { end-page-said }、こちらの検知の{ $span }後
end-page-said-before = { end-page-said }、こちらの検知の{ $span }前
end-first-good = • { $at } 復旧
end-page-closed = • { $at } { $whole } のステータスページ: 報告終了
end-page-up = • { $at } { $whole } のステータスページ: 正常表示に復帰
end-flaps = 停止と復旧を{ $n ->
   *[other] { $n }回
}繰り返しました。
end-page-still = { $whole } のステータスページは{ $state }のままです。
end-page-silent = { $whole } のステータスページには一度も載りませんでした。
end-page-resolved = { $whole } のステータスページは「解決済み」になっています。
end-page-withdrew = { $whole } のステータスページは報告を取り下げました。
end-no-cause = 原因はまだ発表されていません。
end-once-foot = 終了後に一度だけ投稿しています。
recovery-subscribers = 通知を希望した方: { $people }

# メンテナンス。
maintenance-start = 🔧 **{ $subject }: メンテナンスが始まりました**
maintenance-title = { $whole } による名称: { $title }
maintenance-foot = 予告されたメンテナンスです。その間の失敗はメンテナンスの一部として投稿します。
maintenance-end = 🟢 **{ $subject }: メンテナンスが終わりました。** 所要時間は{ $span }です。

# ボタン。
button-me-too = 自分の環境でも発生
button-notify-me = 復旧したら通知
button-acknowledge = この障害をここでミュート

# ライブステータスと週報。
live-foot = このメッセージは自動で更新されます · 15分より古い場合、止まっているのは { $whole } ではなくこのボットです
live-checked = { $ago }にチェック、{ $drawn }に生成
weekly-days = { $from } ～ { $until }:
weekly-quiet = 🟢 **{ $whole }、今週**: 障害は見られませんでした{ $from }。
weekly-sums = { $symbol } **{ $whole }、今週**: { $n ->
   *[other] 障害{ $n }件
}、合計{ $span }。
weekly-service = • **{ $service }**: 障害のなかった時間 { $share }%
weekly-outage = • { $at } { $subject }: { $span }
weekly-more = • ほか{ $n }件
weekly-foot = こちらのチェックと { $whole } のステータスページより · /アラート 登録 で変更・停止できます

# 失敗の理由（Discord 自身の言葉でないもの）。
reason-rate-limited = Discord に待つように言われました（429）
reason-own-limit = Discordのレート制限が解除されるのを待っています
reason-answered = Discord がエラーを返しました（{ $code }）
reason-in-front = Discord の手前のプロキシに拒否されました（{ $code }）
reason-no-answer = Discord から時間内に応答がありませんでした
reason-no-connection = Discord に接続できませんでした
reason-cut = Discord との接続が切れました
reason-unreadable = Discord の応答を読み取れませんでした
reason-stopping = このボットは再起動中です
reason-request = リクエストを送れませんでした
reason-file-large = 1 MiB を超えています
reason-file-elsewhere = Discord 上のファイルではありません
reason-unknown-channel = そのチャンネルはありません（10003）
reason-unknown-message = そのメッセージはありません（10008）
reason-malformed = メッセージの形式が正しくないため Discord に拒否されました（50035）
reason-unauthorized = Discord にトークンを拒否されました
reason-over = インタラクションの期限が切れました（{ $code }）
reason-no-direct = この人はダイレクトメッセージを受け付けていません（50007）
reason-thread-closed = スレッドが閉じられています（{ $code }）
reason-no-history = そのチャンネルで「メッセージ履歴を読む」の権限がありません（50013）
reason-too-late = 終了から1日以上たっており、それまでに投稿できませんでした
reason-channel-gone = チャンネルがなくなりました
reason-removed = ボットがサーバーから外されました
