# どんな状態か、何が失敗したか、誰がそう言うか。
level-up = 正常
level-degraded = 遅延または一部失敗
level-outage = ダウン
level-maintenance = メンテナンス
level-unknown = 不明
level-reported = ステータスページの報告
level-slow = 応答が遅い

# チェックで見えたもの（相手の言葉がないとき）。
symptom-no-healthy-upstream = no healthy upstream
symptom-upstream-connect = ゲートウェイの奥のサービスに接続不可
symptom-upstream-timeout = ゲートウェイの奥のサービスから応答なし
symptom-envoy-empty = 空の応答
symptom-edge-error = ゲートウェイのエラーページ
symptom-api-server-error = サーバーエラー
symptom-server-error = サーバーエラー
symptom-empty = 空の応答
symptom-tls-expired = 証明書の期限切れ
symptom-tls = 安全な接続に失敗
symptom-dns = 名前解決に失敗
symptom-connect = 接続不可
symptom-timeout = 時間内に応答なし
symptom-reset = 接続の切断
symptom-with-status = { $status }、{ $symptom }

# 名前の一覧。
list-pair = { $first } と { $second }
list-comma = { $first }、{ $second }
list-more = { $names }、ほか{ $n }件

# こちらの声。
from-location = （{ $location } から）
see-failing = **こちらのチェック**{ $from }: { $at }（{ $ago }）から失敗しています。
see-failing-partly = **こちらのチェック**{ $from }: { $at }（{ $ago }）から一部が失敗しています。
see-failures = **こちらのチェック**{ $from }: { $at }（{ $ago }）から失敗が見られます。
see-failures-at-least = **こちらのチェック**{ $from }: { $at }の最初のチェックから失敗が見られます。それより前に始まっていた可能性があります。
see-nothing-of-it = **こちらのチェック**{ $from }: 異常は見られず、成功しています。
see-passing-again = **こちらのチェック**{ $from }: 再び成功しています。最初の失敗は{ $at }です。
see-slow = **こちらのチェック**{ $from }: { $at }（{ $ago }）から応答が遅くなっています。
see-failed-several = **こちらのチェック**{ $from }: { $at } ～ { $until } に失敗が見られました。
see-failed = **こちらのチェック**{ $from }: { $at } ～ { $until } に失敗しました（{ $evidence }）。
see-failed-partly = **こちらのチェック**{ $from }: { $at } ～ { $until } に一部が失敗しました（{ $evidence }）。
see-was-slow = **こちらのチェック**{ $from }: { $at } ～ { $until } に応答が遅くなりました（{ $evidence }）。
see-checks-pass = **こちらのチェック**{ $from }: { $n ->
   *[other] 全{ $n }サービスが成功
}しています。最新は{ $ago }。
see-checks-some = **こちらのチェック**{ $from }: { $all }サービス中{ $n }サービスが成功しています。最新は{ $ago }。
see-nothing-yet = **こちらのチェック**: 最初のチェックを実行中です。
see-blind = **こちらのチェック**: { $at }から確認できていません。こちらのネットワークの不調のため、{ $whole } の状態は分かりません。
see-rate-limited = **こちらのチェック**: 今は確認できません。{ $at }までレート制限中のため、サービスの状態は分かりません。
see-stale = **こちらのチェック**: 最新のものは{ $ago }で、古くなっています。
see-partly = **こちらのチェック**{ $from }: 成功するものと失敗するものがあります。最新は{ $ago }。

# ステータスページの声。
page-says = **{ $whole } のステータスページ**: { $what }
page-nothing-yet = まだ載っていません（{ $headline }）。
page-nothing = まだ何も載っていません。
page-incident = { $state }（{ $ago }）
page-incident-text = { $state }: { $text }（{ $ago }）
page-shows = { $headline }（{ $ago }に確認）
page-shows-red = **{ $whole } のステータスページは** { $name } をインシデントなしで赤く表示しています（{ $ago }）
page-said = **{ $whole } のステータスページ**: { $said }。
page-said-at = { $at }に{ $state }
page-unreadable = 読み取れません。最後に応答したのは{ $ago }です。
page-never-read = まだ読み取れていません。
page-link = [開く](<{ $url }>)
page-more = ほか{ $n }件
page-and-link = { $what } · { $link }
page-alone = ステータスページは不具合を報告していますが、こちらのチェックには表れていません。
page-behind = ステータスページにはまだ載っていません。
page-headline-unknown = 見出しなし
state-unknown = 更新
state-investigating = 調査中
state-identified = 原因特定済み
state-monitoring = 経過観察中
state-resolved = 解決済み
state-in-progress = 作業中
state-verifying = 確認中
state-shown = インシデントなしで赤表示
state-quoted = 「{ $state }」

# 利用者の声。
people-report = **ここの利用者**: この15分間に{ $n ->
   *[other] { $n }件
}の報告があります。
people-report-alone = { people-report } こちらのチェックには表れていません。
people-too = { $n ->
   *[other] { $n }人に同じ症状が出ています
}
checked = { $ago }にチェック
checks-every = { $every }ごとにチェック

# サービス1件の行。
service-down-with = ダウン、{ $evidence }
service-partly-with = 一部失敗、{ $evidence }
service-slow-with = 遅延、{ $evidence }
service-up-with = 正常、{ $evidence }
service-share = {" "}· { $share }%
service-share-hour = {" "}· 直近1時間の成功率 { $share }%
