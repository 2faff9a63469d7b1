// Opens the API's description in Swagger UI; both come from our own host.
const place = document.getElementById("swagger-ui");
SwaggerUIBundle({ url: place.dataset.document, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
