package parley.client

import java.util.UUID
import java.util.concurrent.TimeUnit
import okhttp3.HttpUrl
import okhttp3.HttpUrl.Companion.toHttpUrl
import okhttp3.OkHttpClient
import okhttp3.ResponseBody
import parley.client.apis.AuthApi
import parley.client.apis.ChatsApi
import parley.client.apis.MediaApi
import parley.client.apis.MessagesApi
import parley.client.apis.SyncApi
import parley.client.apis.UsersApi
import parley.client.models.LogoutRequest
import parley.client.models.VerifyOtpRequest
import retrofit2.Retrofit
import retrofit2.http.GET
import retrofit2.http.Path
import retrofit2.http.Streaming

/**
 * A Parley server. One for the whole app: it owns the connections. Calls give data or throw a [ParleyException]; they may be made on any thread.
 *
 * @param baseUrl e.g. `https://chat.example.org/`
 * @param http brings settings of the app's own, such as a cache or logging
 * @param log hears what went wrong and was mended or passed over
 */
class Parley(
    baseUrl: String,
    tokenStore: TokenStore = MemoryTokenStore(),
    http: OkHttpClient = OkHttpClient(),
    log: (String, Throwable?) -> Unit = { _, _ -> },
) {
    private val base: HttpUrl = baseUrl.toHttpUrl()

    private val plain = http.newBuilder()
        .callTimeout(4, TimeUnit.SECONDS)
        .addInterceptor(RetryInterceptor)
        .build()

    val signIn = SignIn(plain, base, tokenStore)

    private val client = http.newBuilder()
        .addInterceptor(ErrorInterceptor)
        .addInterceptor(RetryInterceptor)
        .addInterceptor(signIn)
        .authenticator(signIn)
        .build()

    private val retrofit = Retrofit.Builder()
        .baseUrl(base)
        .client(client)
        .addConverterFactory(Converters)
        .build()

    val auth: AuthApi = retrofit.create(AuthApi::class.java)
    val users: UsersApi = retrofit.create(UsersApi::class.java)
    val chats: ChatsApi = retrofit.create(ChatsApi::class.java)
    val messages: MessagesApi = retrofit.create(MessagesApi::class.java)
    val media: MediaApi = retrofit.create(MediaApi::class.java)
    val sync: SyncApi = retrofit.create(SyncApi::class.java)

    private val downloads = retrofit.create(Downloads::class.java)

    /** Live events, once [Realtime.start] was called. */
    val realtime = Realtime(http, base, signIn, log)

    /** Signs in with the code that came by SMS, and keeps the tokens. */
    suspend fun signIn(request: VerifyOtpRequest) = auth.verifyOtp(request).also { signIn.keep(it.toTokens()) }

    /** Signs out on the server too; where that cannot be reached, nothing changes. */
    suspend fun signOut(allDevices: Boolean = false) {
        auth.logout(LogoutRequest(signIn.tokens.value?.refreshToken, allDevices))
        signIn.keep(null)
    }

    /** A file as it comes, whatever its size; close it. */
    suspend fun download(mediaId: UUID): ResponseBody = downloads.download(mediaId)

    /** The address of a picture or a file: those of this server are paths. Null where there is none. */
    fun resolve(url: String?): HttpUrl? = if (url.isNullOrEmpty()) null else base.resolve(url)
}

/** Apart from the generated APIs: those hold what comes in memory. */
internal interface Downloads {
    @Streaming
    @GET("api/v1/media/{id}/download")
    suspend fun download(@Path("id") id: UUID): ResponseBody
}
