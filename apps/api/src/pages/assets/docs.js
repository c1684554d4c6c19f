window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Otherwise documents on public hosts would be sent to a validator of somebody else's.
  validatorUrl: null,
});
