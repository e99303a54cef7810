window.ui = SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#swagger-ui', validatorUrl: null, tryItOutEnabled: false, deepLinking: true });
