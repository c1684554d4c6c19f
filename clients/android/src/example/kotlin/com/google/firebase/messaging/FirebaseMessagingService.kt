/** Stands in for Firebase, so that the examples compile where Android's libraries are not: as much of it as they name. */
package com.google.firebase.messaging

open class FirebaseMessagingService {
    open fun onNewToken(token: String) = Unit

    open fun onMessageReceived(message: RemoteMessage) = Unit
}

class RemoteMessage(val data: Map<String, String>)
