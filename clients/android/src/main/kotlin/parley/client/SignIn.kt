package parley.client

import java.io.IOException
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.serialization.json.decodeFromJsonElement
import kotlinx.serialization.json.jsonObject
import okhttp3.Authenticator
import okhttp3.HttpUrl
import okhttp3.Interceptor
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.Response
import okhttp3.Route
import parley.client.models.RefreshRequest
import parley.client.models.TokenPair

/**
 * The tokens of all requests. There is one refresh at a time: whoever needs a fresh token waits for the same one. Only a server that says 401 ends
 * the sign-in; a broken network never does.
 *
 * @param http asks for new tokens: without this interceptor and authenticator
 */
class SignIn internal constructor(
    private val http: OkHttpClient,
    private val base: HttpUrl,
    private val store: TokenStore,
) : Interceptor, Authenticator {
    private val lock = Any()
    private val current by lazy { MutableStateFlow(store.load()) }

    /** Null while nobody is signed in; also when the server ended it. The first look reads the store: not on the main thread. */
    val tokens: StateFlow<Tokens?> get() = current.asStateFlow()

    /** Puts the token on requests to this server, and to no other. */
    override fun intercept(chain: Interceptor.Chain): Response {
        val request = chain.request()
        val token = current.value?.accessToken
        if (token == null || !isOurs(request.url) || request.header(HEADER) != null) return chain.proceed(request)
        return chain.proceed(request.withToken(token))
    }

    /** After a 401: the same request with a fresh token, once. */
    override fun authenticate(route: Route?, response: Response): Request? {
        val refused = response.request.header(HEADER)?.removePrefix(BEARER) ?: return null
        if (response.priorResponse != null) return null
        return renew(refused)?.let { response.request.withToken(it) }
    }

    /**
     * A token other than the refused one; null when the sign-in has ended. Blocks.
     *
     * @throws IOException where the server cannot be asked: the sign-in is kept
     */
    @Throws(IOException::class)
    internal fun renew(refused: String): String? = synchronized(lock) {
        val held = current.value ?: return null
        if (held.accessToken != refused) return held.accessToken
        val fresh = exchange(held)
        keep(fresh)
        fresh?.accessToken
    }

    internal fun keep(tokens: Tokens?) = synchronized(lock) {
        store.save(tokens)
        current.value = tokens
    }

    /** A lost answer may be asked for again within 10 s (contract section 2, Auth): so each try is short. */
    private fun exchange(held: Tokens): Tokens? {
        val body = ParleyJson.encodeToString(RefreshRequest.serializer(), RefreshRequest(held.refreshToken))
        val request = Request.Builder()
            .url(base.resolve("/api/v1/auth/refresh")!!)
            .post(body.toRequestBody("application/json".toMediaType()))
            .build()
        val response = try {
            http.newCall(request).execute()
        } catch (_: IOException) {
            http.newCall(request).execute()
        }
        return response.use {
            if (it.code == 401) return null
            if (!it.isSuccessful) throw it.toException()
            val data = ParleyJson.parseToJsonElement(it.body.string()).jsonObject.getValue("data")
            ParleyJson.decodeFromJsonElement<TokenPair>(data).toTokens(held.userId)
        }
    }

    private fun isOurs(url: HttpUrl) = url.host == base.host && url.port == base.port && url.scheme == base.scheme

    private fun Request.withToken(token: String) = newBuilder().header(HEADER, BEARER + token).build()

    private companion object {
        const val HEADER = "Authorization"
        const val BEARER = "Bearer "
    }
}
