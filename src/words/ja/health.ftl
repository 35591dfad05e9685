# どんな状態か、何が失敗したか、誰がそう言うか。
level-up = 正常
level-degraded = 遅延または一部失敗
level-outage = ダウン
level-maintenance = メンテナンス
level-unknown = 不明
level-reported = 公式ページの報告
level-slow = 応答が遅い

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
see-failing = **こちらのチェック**{ $from }: { $at }（{ $ago }）から失敗しています。
see-failing-partly = **こちらのチェック**{ $from }: { $at }（{ $ago }）から一部が失敗しています。
see-failures = **こちらのチェック**{ $from }: { $at }（{ $ago }）から失敗が見られます。
see-failures-at-least = **こちらのチェック**{ $from }: { $at } の最初のチェックから失敗が見られます。それより前に始まっていた可能性があります。
see-nothing-of-it = **こちらのチェック**{ $from }: その様子は見られません。チェックは通っています。
see-well-again = **こちらのチェック**{ $from }: 現在は通っています。最初の失敗は { $at } です。
see-slow = **こちらのチェック**{ $from }: { $at }（{ $ago }）から応答が遅くなっています。
see-failed-several = **こちらのチェック**{ $from }: { $at } ～ { $until } に失敗が見られました。
see-failed = **こちらのチェック**{ $from }: { $at } ～ { $until } に失敗しました（{ $evidence }）。
see-failed-partly = **こちらのチェック**{ $from }: { $at } ～ { $until } に一部が失敗しました（{ $evidence }）。
see-was-slow = **こちらのチェック**{ $from }: { $at } ～ { $until } に応答が遅くなりました（{ $evidence }）。
see-looks-through = **こちらの観測**{ $from }: { $n ->
   *[other] { $n }件のサービスのチェックが通っています
}。最新は{ $ago }。
see-looks-some = **こちらの観測**{ $from }: { $all }件中{ $n }件のサービスでチェックが通っています。最新は{ $ago }。
see-nothing-yet = **こちらの観測**: まだありません。最初のチェックを実行中です。
see-blind = **こちらの観測**: { $at }からありません。こちらのネットワークの不調で、{ $whole } の状態は分かりません。
see-rate-limited = **こちらの観測**: 今はありません。リクエスト制限が{ $at }までかかっており、サービスの状態は分かりません。
see-stale = **こちらの観測**: { $ago }のものです。それより新しいチェックは届いていません。
see-partly = **こちらの観測**{ $from }: 失敗するチェックと通るチェックがあります。最新は{ $ago }。

# ステータスページの声。
page-says = **{ $whole } の発表**: { $what }
page-nothing-yet = まだありません。ページの表示は { $headline } です。
page-nothing = まだありません。
page-incident = { $state }（{ $ago }）
page-incident-text = { $state }: { $text }（{ $ago }）
page-shows = { $headline }（{ $ago }に確認）
page-shows-red = **{ $whole } の公式ページは** { $name } をインシデントなしで赤く表示しています（{ $ago }）
page-said = **{ $whole } の公式ページ**: { $said }。
page-said-at = { $at } に{ $state }
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
state-in-progress = 作業中
state-verifying = 確認中
state-shown = インシデントなしで赤表示
state-quoted = 「{ $state }」

# 利用者の声。
people-report = **利用者の報告**: この15分間に{ $n ->
   *[other] { $n }人
}が失敗を報告しています。
people-report-alone = { people-report } こちらのチェックには表れていません。
people-too = { $n ->
   *[other] { $n }人に同じ症状が出ています
}
looked = { $ago }にチェック
checks-every = { $every }ごとに確認

# サービス1件の行。
service-down-with = ダウン、{ $evidence }
service-partly-with = 一部失敗、{ $evidence }
service-slow-with = 遅延、{ $evidence }
service-up-with = 正常、{ $evidence }
service-share = {" "}· { $share }%
service-share-hour = {" "}· 直近1時間の成功率 { $share }%
