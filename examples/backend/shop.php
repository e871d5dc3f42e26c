<?php
// A shop's backend. Run: CHECKOUTD=http://localhost:4242 API_KEY=ck_test_… WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:3000 shop.php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

if (str_starts_with($path, '/buy/')) {
    $number = substr($path, 5); // your own order number
    $order = ['reference' => "A-$number", 'currency' => 'usd', 'success_url' => 'https://shop.example/thanks',
        'items' => [['name' => 'Enamel mug', 'unit_amount' => 1800]]];
    $made = file_get_contents(getenv('CHECKOUTD') . '/v1/orders', false, stream_context_create(['http' => [
        'method' => 'POST',
        'header' => ['Authorization: Bearer ' . getenv('API_KEY'), 'Content-Type: application/json',
            "Idempotency-Key: order $number"], // a repetition is the same order
        'content' => json_encode($order),
    ]]));
    if ($made === false) {
        http_response_code(502);
        exit;
    }
    header('Location: ' . json_decode($made, true)['url'], true, 303);
    exit;
}

$key = base64_decode(preg_replace('/^whsec_/', '', getenv('WEBHOOK_SECRET') ?: ''), true);
$body = file_get_contents('php://input');
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '0';
$want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", (string) $key, true));
$signed = false;
foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $signature) {
    $signed = hash_equals($want, $signature) || $signed;
}
if (!$key || !$signed || abs(time() - (int) $time) > 300) {
    http_response_code(401);
    exit;
}
$message = json_decode($body, true);
if ($message['type'] === 'order.paid') { // once for each webhook-id: store it in the same transaction
    error_log("ship {$message['data']['reference']}");
}
http_response_code(204);
