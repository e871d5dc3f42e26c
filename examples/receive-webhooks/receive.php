<?php
// Receives checkoutd's webhooks. Run: WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:3000 receive.php
$key = base64_decode(preg_replace('/^whsec_/', '', getenv('WEBHOOK_SECRET') ?: ''), true);
if ($key === false || strlen($key) < 24) {
    http_response_code(500);
    exit;
}

$body = file_get_contents('php://input'); // the exact bytes: they are signed
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '0';
$want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
$signed = false;
foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $signature) {
    $signed = hash_equals($want, $signature) || $signed;
}
if (!$signed || abs(time() - (int) $time) > 300) {
    http_response_code(401);
    exit;
}

$message = json_decode($body, true);
if ($message['type'] === 'order.paid') {
    // Ship, unless $id is in your database already: insert it in the same transaction.
    error_log("ship {$message['data']['id']}, {$message['data']['amount']} {$message['data']['currency']}");
}
http_response_code(204);
