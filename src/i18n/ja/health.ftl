# どんな状態か、何が失敗したか、誰がそう言うか。
level-up = 正常
level-degraded = 遅延または一部失敗
level-outage = ダウン
level-maintenance = メンテナンス
level-unknown = 不明

# チェックで見えたもの（相手の言葉がないとき）。
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = 入口の奥のサービスに接続できません
symptom-upstream-timeout = 入口の奥のサービスが応答しません
symptom-envoy-empty = 空の応答
symptom-edge-error = 入口のエラーページ
symptom-api-server-error = サーバーエラー
symptom-server-error = サーバーエラー
symptom-empty = 中身のない応答
symptom-tls-expired = 証明書の期限切れ
symptom-tls = 安全な接続ができません
symptom-dns = 名前解決ができません
symptom-connect = 接続できません
symptom-timeout = 時間内に応答なし
symptom-reset = 接続が切断されました
symptom-with-status = { $status }、{ $symptom }

# 名前の一覧。
list-pair = { $first } と { $second }
list-comma = { $first }、{ $second }
list-more = { $names }、ほか{ $n }件

# こちらの声。
from-place = （{ $place } から）
see-looks-failed = **こちらの観測**{ $from }: { $at }（{ $ago }）から{ $n ->
   *[other] { $n }回連続
}でチェックに失敗しています。
see-failures = **こちらの観測**{ $from }: { $at }（{ $ago }）から失敗が続いています。
see-failures-at-least = **こちらの観測**{ $from }: 遅くとも{ $at }、このボットの最初のチェックから失敗しています。
see-nothing-of-it = **こちらの観測**{ $from }: その様子は見えません。チェックは通っています。
see-looks-through = **こちらの観測**{ $from }: { $n ->
   *[other] { $n }件のサービスのチェックが通っています
}。最新は{ $ago }。
see-looks-some = **こちらの観測**{ $from }: { $all }件中{ $n }件のサービスでチェックが通っています。最新は{ $ago }。
see-nothing-yet = **こちらの観測**: まだありません。最初のチェックを実行中です。
see-blind = **こちらの観測**: { $at }からありません。こちらのネットワークの不調で、{ $whole } の状態は分かりません。
see-rate-limited = **こちらの観測**: 今はありません。リクエスト制限が{ $at }まで（{ $ago }）かかっており、サービスの状態は分かりません。
see-stale = **こちらの観測**: { $ago }のものです。それより新しいチェックは届いていません。
see-partly = **こちらの観測**{ $from }: 失敗するチェックと通るチェックがあります。最新は{ $ago }。

# ステータスページの声。
page-says = **{ $whole } の発表**: { $what }
page-nothing-yet = まだありません。ページの表示は { $headline } です。
page-nothing = まだありません。
page-incident = 「{ $state }」（{ $ago }）
page-incident-text = 「{ $state }」: { $text }（{ $ago }）
page-shows = { $headline }（{ $ago }に確認）
page-unreadable = 読み取れません。ページが最後に応答したのは{ $ago }です。
page-never-read = まだ読み取れていません。
page-link = [ステータスページ](<{ $url }>)
page-more = ほか{ $n }件
page-and-link = { $what } · { $link }
page-alone = ページは不具合を伝えていますが、こちらのチェックには表れていません。
page-behind = 公式ページはまだ気づいていません。
page-headline-unknown = 見出しなし
state-unknown = 新しい状態
state-investigating = 調査中
state-identified = 原因特定済み
state-monitoring = 経過観察中
state-resolved = 解決済み

# 利用者の声。
people-report = **利用者の報告**: この15分間に{ $n ->
   *[other] { $n }人
}が失敗を報告しています。
people-report-alone = { people-report } こちらのチェックには表れていません。
people-too = { $n ->
   *[other] { $n }人に同じ症状が出ています
}
looked = { $ago }にチェック
next-look = 次のチェックは{ $ago }

# サービス1件の行。
service-down-with = ダウン、{ $evidence }
service-partly-with = 一部失敗、{ $evidence }
service-slow-with = 遅延、{ $evidence }
service-up-with = 正常、{ $evidence }
service-share = {" "}· { $share }%
service-share-hour = {" "}· 直近1時間の成功率 { $share }%
