# どんな状態か、何が失敗したか、誰がそう言うか。
level-up = 正常
level-degraded = 遅延または一部失敗
level-outage = ダウン
level-maintenance = メンテナンス
level-unknown = 不明

# チェックで見えたもの（相手の言葉がないとき）。
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = ゲートウェイの奥のサービスに接続できません
symptom-upstream-timeout = ゲートウェイの奥のサービスが応答しません
symptom-envoy-empty = 空の応答
symptom-edge-error = ゲートウェイのエラーページ
symptom-api-server-error = サーバーエラー
symptom-server-error = サーバーエラー
symptom-empty = 空のレスポンス
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
see-looks-failed = **こちらのチェック**{ $from }: { $at }（{ $ago }）から{ $n ->
   *[other] { $n }回連続
}で失敗しています。
see-failures = **こちらのチェック**{ $from }: { $at }（{ $ago }）から失敗が続いています。
see-failures-at-least = **こちらのチェック**{ $from }: 遅くとも{ $at }、このボットの起動時から失敗しています。
see-nothing-of-it = **こちらのチェック**{ $from }: 異常は見えません。成功しています。
see-looks-through = **こちらのチェック**{ $from }: { $n ->
   *[other] 全{ $n }サービスが成功
}しています。最新は{ $ago }。
see-looks-some = **こちらのチェック**{ $from }: { $all }サービス中{ $n }サービスが成功しています。最新は{ $ago }。
see-nothing-yet = **こちらのチェック**: 最初のチェックを実行中です。
see-blind = **こちらのチェック**: { $at }から何も見えません。こちらのネットワークの不調で、{ $whole } の状態は分かりません。
see-rate-limited = **こちらのチェック**: 今は何も見えません。{ $at }まで（{ $ago }）レート制限中で、サービスの状態は分かりません。
see-stale = **こちらのチェック**: 最新のものは{ $ago }で、古くなっています。
see-partly = **こちらのチェック**{ $from }: 成功するものと失敗するものがあります。最新は{ $ago }。

# ステータスページの声。
page-says = **{ $whole } のステータスページ**: { $what }
page-nothing-yet = まだ載っていません（{ $headline }）。
page-nothing = まだありません。
page-incident = 「{ $state }」（{ $ago }）
page-incident-text = 「{ $state }」: { $text }（{ $ago }）
page-shows = { $headline }（{ $ago }に確認）
page-unreadable = 読み取れません。最後に応答したのは{ $ago }です。
page-never-read = まだ読み取れていません。
page-link = [開く](<{ $url }>)
page-more = ほか{ $n }件
page-and-link = { $what } · { $link }
page-alone = ページは不具合を伝えていますが、こちらのチェックには表れていません。
page-behind = 公式ページにはまだ載っていません。
page-headline-unknown = 見出しなし
state-unknown = 更新
state-investigating = 調査中
state-identified = 原因特定済み
state-monitoring = 経過観察中
state-resolved = 解決済み

# 利用者の声。
people-report = **ここの利用者**: この15分間に{ $n ->
   *[other] { $n }件
}の報告があります。
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
