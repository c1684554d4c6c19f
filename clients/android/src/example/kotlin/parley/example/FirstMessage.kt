package parley.example

import java.util.UUID
import parley.client.Parley
import parley.client.models.Chat
import parley.client.models.CreateDirectChatRequest
import parley.client.models.DeviceInfo
import parley.client.models.DevicePlatform
import parley.client.models.Message
import parley.client.models.RequestOtpRequest
import parley.client.models.SendTextRequest
import parley.client.models.SignInResult
import parley.client.models.TextPayload
import parley.client.models.VerifyOtpRequest

// region ask-for-code
suspend fun askForCode(parley: Parley, phone: String): String? {
    val asked = parley.auth.requestOtp(RequestOtpRequest(phone))
    return asked.otpDev // the code itself, but only on a server with OTP_ECHO=true; otherwise it comes by SMS
}
// endregion

// region sign-in
suspend fun signIn(parley: Parley, phone: String, code: String): SignInResult {
    val device = DeviceInfo(name = "Pixel 9", platform = DevicePlatform.ANDROID)
    return parley.signIn(VerifyOtpRequest(phone, code, device))
}
// endregion

// region first-message
suspend fun sayHello(parley: Parley, to: UUID): Message {
    val chat: Chat = parley.chats.createChat(CreateDirectChatRequest(participantId = to))
    val hello = SendTextRequest(clientMsgId = UUID.randomUUID(), payload = TextPayload("Hello!"))
    return parley.messages.sendMessage(chat.chatId, hello)
}
// endregion
