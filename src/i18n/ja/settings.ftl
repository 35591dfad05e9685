# /アラート がモデレーターに言うこと。
misuse-needs-manage-channels = それには **チャンネルの管理** 権限が必要です。
misuse-needs-manage-channels-there = それには <#{ $channel }> での **チャンネルの管理** 権限が必要です。何も変更していません。
misuse-needs-manage-channels-everywhere = これはサーバー全体に関わる操作です。一部のチャンネルだけでなく、ロールによる **チャンネルの管理** 権限が必要です。何も変更していません。
misuse-server-unknown = このサーバーのロールを読み取れませんでした: { $why }。何も変更していません。
misuse-needs-server = /アラート は招待されたサーバーで使えます。ダイレクトメッセージでは、**復旧したら通知** を押すとあなただけに通知します。
misuse-not-a-channel = その種類のチャンネルには投稿できません。テキスト、アナウンス、フォーラムのチャンネルか、スレッドを選んでください。
misuse-lacking = <#{ $channel }> にはまだ投稿できません。足りない権限: { $permissions }。追加してから、もう一度お試しください。何も保存していません。
misuse-channel-unknown = <#{ $channel }> を読み取れませんでした: { $why }。何も保存していません。
misuse-everyone = @everyone にはメンションしません。各自で付けられるロールを作り、それを選んでください。
misuse-role-not-mentionable = <@&{ $role }> にはメンションできません。全員がメンションできるようにするか（サーバー設定 → ロール）、このボットに **`@everyone、@here、すべてのロールにメンション`** の権限を付けてください。何も保存していません。
misuse-role-not-yours = <@&{ $role }> にはあなた自身がメンションできないため、指定できません。メンションできる人に頼んでください。
misuse-not-subscribed = <#{ $channel }> は登録されていません。登録済みのものは /アラート 一覧 で確認できます。
misuse-nothing-missed = <#{ $channel }> に届かなかったアラートは、最近ありません。
misuse-live-what = ライブステータスメッセージのチャンネルを指定するか、終了: を使って削除してください。
misuse-must-tag = <#{ $channel }> では投稿に必ずタグが必要ですが、このボットはタグを選べません。そのフォーラムの設定で**タグの必須**をオフにするか、別のチャンネルを指定してください。何も保存していません。

# 設定カード。
card-saved = ✅ **保存しました:** { $whole } の障害と復旧を <#{ $channel }> に投稿します。
card-title = ⚙️ **<#{ $channel }>**: { $whole } のアラート
card-services = • サービス: { $services }
card-services-all = すべて（今後追加されるものも）
card-events = • 通知する内容: { $events }
card-events-none = なし（ここには何も投稿しません）
card-severity-outages = • 重大度: 障害のみ
card-severity-slowdowns = • 重大度: 障害と遅延
card-roles = • 開始時のメンション: { $roles }
card-mode-edit = • 形式: 1件の投稿を随時更新、復旧は新しい投稿
card-mode-posts = • 形式: 変化ごとに新しい投稿
card-mode-thread = • 形式: 障害ごとに1つのスレッド
card-extras = • その他: { $extras }
card-defaults = -# 既定の設定: すべてのサービス、障害のみ、メンションなし。下で変更できます。
card-paused = ⚠️ { $at }から一時停止中: { $why }。自動で再開します。直し方は /アラート 点検 で分かります。
card-roles-caution = -# そのチャンネルでは **`@everyone、@here、すべてのロールにメンション`** の権限がありません。メンションできるのは、誰でもメンションできるロールだけです。
hint-services = サービス（選ばなければすべて）
hint-events = 投稿する内容
hint-roles = 開始時にメンションするロール
hint-mode = 通知の形式
event-start = 障害の開始
event-worse = 悪化
event-end = 復旧
event-maintenance = 予告メンテナンス
event-slowdowns = 遅延も通知
event-publish = フォロワーに公開
event-start-about = 障害が始まったら新しい投稿
event-worse-about = 悪化したとき、別のサービスに広がったとき
event-end-about = 実際の継続時間を添えた新しい投稿
event-maintenance-about = 予告されたメンテナンスの開始と終了
event-slowdowns-about = 障害に加えて、遅延や一部失敗も
event-publish-about = 開始と終了を、このチャンネルをフォローするサーバーにも送ります
extra-quiet = 通知音なし
extra-reminders = 継続中のリマインダー
extra-weekly = 週報
extra-publish = フォロワーに公開
mode-edit = 1件の投稿を随時更新
mode-posts = 変化ごとに新しい投稿
mode-thread = 障害ごとに1つのスレッド
mode-edit-about = 随時更新する開始の投稿、悪化時の短い返信、そして復旧の投稿
mode-posts-about = 投稿は編集しません
mode-thread-about = チャンネルには開始だけ、続きはスレッドに
button-quiet-on = 通知音なし: オン
button-quiet-off = 通知音なし: オフ
button-reminders-on = リマインダー: オン
button-reminders-off = リマインダー: オフ
button-weekly-on = 週報: オン
button-weekly-off = 週報: オフ
button-test = テスト
button-unsubscribe = 登録を解除

# 一覧、解除、テスト、ライブ、データ削除、ミュート。
list-none = このサーバーに登録済みのチャンネルはありません。/アラート 登録 で追加できます。
list-title = **{ $n ->
   *[other] このサーバーの{ $n }チャンネル
}が { $whole } のアラートに登録済みです**（上限{ $allowed }件）
list-line = • <#{ $channel }>: { $services } · { $severity }{ $roles }{ $paused }
list-all-services = すべてのサービス
list-outages = 障害
list-slowdowns = 障害と遅延
list-roles = {" "}· メンション { $roles }
list-paused = {" "}· ⚠️ 一時停止中: { $why }
list-given-up = {" "}· ⚠️ 送信を断念: { $why }
list-gone = • <#{ $channel }>: 登録されていません{ $lost }
list-foot = /アラート 登録 でチャンネルを指定すると設定が開きます。壊れている箇所は /アラート 点検 で分かります。
button-list-back = 戻る
button-list-more = もっと見る
unsubscribed = <#{ $channel }> の登録を解除しました。継続中の障害の復旧も含めて、今後は何も投稿しません。
unsubscribed-nothing = <#{ $channel }> の登録はすでに解除されています。
tested = プレビュー3件（開始・変化・復旧）を <#{ $channel }> に送っています。プレビューと明記し、誰にもメンションしません。
live-set = <#{ $channel }> にライブステータスメッセージを置きました。別のチャンネルを指定してもう一度実行すると移動します。
live-off = ライブステータスメッセージを削除しました。
live-off-nothing = ライブステータスメッセージはありませんでした。
delete-ask = ⚠️ **このサーバーについて保存されたものをすべて削除しますか？** 対象:
delete-count = • { $kind }: { $n }
stored-subscriptions = 登録
stored-set-aside = 外されたボットの登録（戻れば復元します）
stored-deliveries = 送信中の通知
stored-given-up = 失敗した送信
stored-told = 更新中の投稿
stored-boards = ライブステータスメッセージ
delete-nothing = このサーバーについて保存されたものはありません。
delete-foot = どのチャンネルにもアラートが届かなくなります。元に戻せません。先に /アラート データ書き出し でコピーを受け取れます。
button-delete-yes = すべて削除
deleted = このサーバーについて保存されたものを**今すべて削除しました**。
deleted-files = **1時間以内**に、ファイルと1時間ごとのバックアップからも消えます。運営者が手動で別の場所にコピーしたものは残ります。古い書き出しデータから復元されないように、このサーバーの ID のハッシュだけを残します。
deleted-database = データベースのバックアップは、運営者が保管する間残ります。古い書き出しデータから復元されないように、このサーバーの ID のハッシュだけを残します。
deleted-posts = チャンネルに投稿したメッセージは、あなたが削除するまで残ります。
exported = このサーバーについて保存されたものすべてを、1つのファイルにまとめました: { $n ->
   *[other] { $n }件
}。あなただけに見えます。
exported-cut = 入りきらないものがあります。残りは運営者にお尋ねください。
acknowledged = ミュートしました。この障害については、復旧以外は何もここに投稿しません。
acknowledged-nothing = ミュートするものがありません。このチャンネルが登録されていないか、障害が終わっています。
acknowledge-over = すでに終わっています。ミュートするものはありません。

# 点検。
doctor-title-well = { $n ->
   *[other] ✅ **このサーバーの登録{ $n }件はすべて機能しています。**
}
doctor-title = ⚠️ **{ $n ->
   *[other] { $n }件の登録に
}対応が必要です:**
doctor-title-unchecked = ⚠️ **{ $n ->
   *[other] { $n }件の登録を
}確認できませんでした:**
doctor-paused = { $mark } <#{ $channel }>: { $at }から Discord に拒否されています: { $why }。**直し方:** { $fix } 次の再試行は { $retry }。直れば自動で再開します。
doctor-missed = { $mark } <#{ $channel }>: 投稿されなかったアラートがあります: { $why }。
doctor-gone = { $mark } <#{ $channel }>: このチャンネルはもう存在しません。**直し方:** /アラート 登録 で別のチャンネルを登録してください。
doctor-lacking = { $mark } <#{ $channel }>: このチャンネルに投稿できません。**直し方:** { $fix }
doctor-unchecked = { $mark } <#{ $channel }>: このチャンネルを確認できませんでした: { $why }。あとでもう一度実行してください。
doctor-no-time = 時間が足りませんでした
doctor-more = … ほか{ $n }件。先に上のものを直してから、もう一度実行してください。
doctor-fix-access = そのチャンネルで、このボットのロールに次の権限を付けてください: { $permissions }。
doctor-fix-thread = スレッドを再び開くか、親チャンネルを登録してください。
doctor-fix-tag = そのフォーラムの設定で**タグの必須**をオフにしてください。
doctor-fix-other = そのチャンネルとカテゴリーで、このボットのロールの権限を確認してください。
button-post-now = 今すぐ投稿
button-post-now-in = 今すぐ投稿（{ $n }）
posting-now = <#{ $channel }> に届かなかったものを送っています。
